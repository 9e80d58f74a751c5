/* start_socket.c - see start_socket.h */
#include "container/start_socket.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/socket.h"
#include "container/sync.h"
#include "linux/namespaces.h"

#define CONNECT_LIMIT_SECONDS 10

/* Its queue is full only where many start one container, and it never comes to the first. */
static int limit_connect(int sock, struct error *err)
{
	struct timeval limit = { .tv_sec = CONNECT_LIMIT_SECONDS };

	if (setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return fail_errno(err, "limit the time to reach init");
	return 0;
}

int start_socket_connect(const struct state_dir *dir, int *ret_sock, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_fd sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (sock < 0)
		return fail_errno(err, "make a socket");
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", dir->fd,
		 STATE_START);
	if (limit_connect(sock, err) < 0)
		return -err->code;
	if (socket_reach(sock, &address, sizeof(address)) < 0) {
		fail_errno(err, "reach init at '%s/%s/%s'%s", dir->root, dir->id, STATE_START,
			   errno == ECONNREFUSED ? ", where it waits no more: it was started before"
						 : "");
		return fail_class(err, ERROR_STATE, "");
	}
	*ret_sock = TAKE_FD(sock);
	return 0;
}

/* *ret_fd is -1 where the kernel has no such namespaces. */
static int ask(int sock, uint64_t flag, int *ret_fd, struct error *err)
{
	struct sync_packet packet;
	int r;

	r = sync_say(sock, SYNC_NAMESPACE, (int) flag, -1, err);
	if (r < 0)
		return r;
	r = sync_hear(sock, &packet, err);
	if (r < 0)
		return fail_in(err, "container init");
	if (r == 0)
		return fail(err, EPIPE, "init gave no %s namespace", namespace_name(flag));
	*ret_fd = packet.fd;
	return packet.message == SYNC_NAMESPACE
		       ? 0
		       : fail(err, EPROTO, "init said '%s' when asked for a namespace",
			      sync_name(packet.message));
}

static void put_user_first(struct join_list *list)
{
	struct namespace_join *last = &list->items[list->n - 1], first = list->items[0];

	if (last->flag == CLONE_NEWUSER) {
		list->items[0] = *last;
		*last = first;
	}
}

int start_socket_namespaces(const struct state_dir *dir, struct join_list *ret, struct error *err)
{
	auto_fd sock = -1;
	int r;

	ret->n = 0;
	r = start_socket_connect(dir, &sock, err);
	if (r == 0)
		r = sync_limit(sock, SYNC_CREATE_LIMIT_SECONDS, err);
	for (const char *const *name = namespace_names(); r == 0 && *name; name++) {
		uint64_t flag = namespace_flag(*name);
		auto_fd fd = -1;

		r = ask(sock, flag, &fd, err);
		if (r < 0 || fd < 0 || namespace_is_own(fd, flag))
			continue;
		ret->items[ret->n++] = (struct namespace_join){ flag, TAKE_FD(fd) };
		put_user_first(ret);
	}
	return r;
}
