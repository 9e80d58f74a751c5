/* listener.c - see listener.h */
#include "container/listener.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/packet.h"
#include "base/socket.h"
#include "libocispec/document.h"

static int print(const struct oci_seccomp *seccomp, const struct oci_state *state, pid_t pid,
		 char **ret_json, size_t *ret_len, struct error *err)
{
	char *names[] = { "seccompFd" };
	const struct oci_process_state message = {
		.oci_version = state->oci_version,
		.fds = { .n = 1, .items = names },
		.pid = pid,
		.metadata = seccomp->listener_metadata,
		.state = (struct oci_state *) state,
	};
	int r;

	r = oci_print(&oci_process_state_desc, &message, OCI_PRINT_COMPACT, ret_json, ret_len);
	return r < 0 ? fail(err, -r, "print the container process state: %s", strerror(-r)) : 0;
}

int listener_send(const struct oci_seccomp *seccomp, const struct oci_state *state, pid_t pid,
		  int listener, struct error *err)
{
	const char *path = seccomp->listener_path;
	auto_free char *json = NULL;
	auto_fd sock = -1;
	size_t len;
	int r;

	if (listener < 0)
		return fail(err, EPROTO, "the seccomp listener came without its descriptor");
	r = print(seccomp, state, pid, &json, &len, err);
	if (r < 0)
		return r;
	r = socket_connect(path, &sock, err);
	if (r == 0) {
		r = packet_send(sock, json, len, &listener, 1);
		if (r < 0)
			fail(err, -r, "send the seccomp listener to '%s': %s", path, strerror(-r));
	}
	if (r < 0) {
		fail_in(err, "linux.seccomp.listenerPath");
		return fail_class(err, ERROR_CONFIG, "linux.seccomp.listenerPath");
	}
	return 0;
}
