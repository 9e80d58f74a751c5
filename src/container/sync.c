/* sync.c - see sync.h */
#include "container/sync.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/packet.h"

/* On the wire: the head always, the error behind SYNC_ERROR only. */
struct wire {
	enum sync_message message;
	int value;
	struct error error;
};

#define HEAD_SIZE offsetof(struct wire, error)

const char *sync_name(enum sync_message message)
{
	/* clang-format off */
	static const char *const names[SYNC_MESSAGES] = {
		[SYNC_ERROR] = "error",
		[SYNC_NETWORK] = "network",
		[SYNC_PLACE] = "place",
		[SYNC_MAP_IDS] = "map ids",
		[SYNC_TIME_OFFSETS] = "time offsets",
		[SYNC_FORKED] = "forked",
		[SYNC_ENTER] = "enter the cgroup",
		[SYNC_LEAVE] = "leave the cgroup",
		[SYNC_NET_DEVICES] = "net devices",
		[SYNC_MAP_MOUNT] = "map mount",
		[SYNC_HOOKS] = "hooks",
		[SYNC_LISTENER] = "seccomp listener",
		[SYNC_CONSOLE] = "console",
		[SYNC_READY] = "ready",
		[SYNC_GO] = "go",
		[SYNC_START] = "start",
		[SYNC_NAMESPACE] = "namespace",
	};
	/* clang-format on */

	return names[message];
}

int sync_say_beside(int sock, enum sync_message message, int value, int fd)
{
	const struct wire wire = { .message = message, .value = value };

	return packet_send(sock, &wire, HEAD_SIZE, &fd, fd >= 0);
}

int sync_say(int sock, enum sync_message message, int value, int fd, struct error *err)
{
	int r = sync_say_beside(sock, message, value, fd);

	if (r < 0)
		return fail(err, -r, "say '%s': %s", sync_name(message), strerror(-r));
	return 0;
}

void sync_say_error(int sock, const struct error *failure)
{
	struct wire wire = { .message = SYNC_ERROR, .error = *failure };

	/* by write(2): a seccomp filter is likelier to let it through than sendmsg(2) */
	if (write(sock, &wire, sizeof(wire)) < 0)
		packet_send(sock, &wire, sizeof(wire), NULL, 0);
}

int sync_limit(int sock, unsigned int seconds, struct error *err)
{
	struct timeval limit = { .tv_sec = (time_t) seconds };

	if (setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		return fail_errno(err, "limit the time to wait for the other side");
	return 0;
}

static int fail_silent(int sock, struct error *err)
{
	struct timeval limit = { 0 };
	socklen_t size = sizeof(limit);

	getsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &limit, &size);
	return fail(err, ETIME, "said nothing for %ld seconds", (long) limit.tv_sec);
}

int sync_hear(int sock, struct sync_packet *ret, struct error *err)
{
	int fds[PACKET_FDS_MAX];
	struct wire wire;
	ssize_t n;

	n = packet_recv(sock, &wire, sizeof(wire), fds);
	if (n == -EAGAIN)
		return fail_silent(sock, err);
	if (n < 0)
		return fail(err, (int) -n, "wait for the other side: %s", strerror((int) -n));
	if (n == 0)
		return 0;
	cleanup_fd(&fds[1]);
	if ((size_t) n < HEAD_SIZE || (unsigned int) wire.message >= SYNC_MESSAGES) {
		cleanup_fd(&fds[0]);
		return fail(err, EPROTO, "a malformed message of %zd bytes", n);
	}
	if (wire.message == SYNC_ERROR) {
		cleanup_fd(&fds[0]);
		if (n != (ssize_t) sizeof(wire) || wire.error.code <= 0)
			return fail(err, EPROTO, "a malformed error of %zd bytes", n);
		*err = wire.error;
		err->where[sizeof(err->where) - 1] = '\0';
		err->text[sizeof(err->text) - 1] = '\0';
		return -err->code;
	}
	*ret = (struct sync_packet){ .message = wire.message, .value = wire.value, .fd = fds[0] };
	return 1;
}

int sync_expect_fd(int sock, enum sync_message message, int *ret_fd, struct error *err)
{
	struct sync_packet packet;
	int r;

	*ret_fd = -1;
	r = sync_hear(sock, &packet, err);
	if (r < 0)
		return r;
	if (r == 0)
		return fail(err, EPIPE, "the other side ended before it said '%s'",
			    sync_name(message));
	if (packet.message != message) {
		cleanup_fd(&packet.fd);
		return fail(err, EPROTO, "expected '%s', heard '%s'", sync_name(message),
			    sync_name(packet.message));
	}
	*ret_fd = packet.fd;
	return packet.value;
}

int sync_expect(int sock, enum sync_message message, struct error *err)
{
	auto_fd unexpected = -1;

	return sync_expect_fd(sock, message, &unexpected, err);
}
