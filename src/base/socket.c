/* socket.c - see socket.h */
#include "base/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/cleanup.h"
#include "base/packet.h"
#include "base/text.h"

#define LIMIT_SECONDS 10

/* All bytes count, and would a NUL behind the name. */
static int abstract_address(const char *path, struct sockaddr_un *ret, socklen_t *ret_len,
			    struct error *err)
{
	size_t len = strlen(path);

	if (len == 1)
		return fail(err, EINVAL, "the socket '@' has no name");
	if (len > sizeof(ret->sun_path))
		return fail(err, ENAMETOOLONG, "the name of the socket '%s' is too long", path);
	memcpy(ret->sun_path + 1, path + 1, len - 1);
	*ret_len = (socklen_t) (offsetof(struct sockaddr_un, sun_path) + len);
	return 0;
}

int socket_address(const char *path, struct sockaddr_un *ret, socklen_t *ret_len, int *ret_dir,
		   struct error *err)
{
	const char *name = strrchr(path, '/');
	auto_free char *dir = NULL;
	int n;

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	*ret_len = sizeof(*ret);
	if (path[0] == '@')
		return abstract_address(path, ret, ret_len, err);
	if (strlen(path) < sizeof(ret->sun_path)) {
		memcpy(ret->sun_path, path, strlen(path) + 1);
		return 0;
	}
	name = name ? name + 1 : path;
	dir = name == path ? xstrdup(".") : xasprintf("%.*s", (int) (name - path), path);
	*ret_dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*ret_dir < 0)
		return fail_errno(err, "open the directory of the socket '%s'", path);
	n = snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/%s", *ret_dir, name);
	if ((size_t) n >= sizeof(ret->sun_path))
		return fail(err, ENAMETOOLONG, "the name of the socket '%s' is too long", path);
	return 0;
}

int socket_reach(int sock, const struct sockaddr_un *address, socklen_t len)
{
	int r;

	do
		r = connect(sock, (const struct sockaddr *) address, len);
	while (r < 0 && errno == EINTR);
	return r;
}

static int connect_to(const char *path, int type, int *ret_fd, struct error *err)
{
	struct timeval limit = { .tv_sec = LIMIT_SECONDS };
	struct sockaddr_un address;
	socklen_t len;
	auto_fd dir = -1;
	auto_fd sock = -1;
	int r;

	r = socket_address(path, &address, &len, &dir, err);
	if (r < 0)
		return r;
	sock = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return fail_errno(err, "make a socket");
	if (setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return fail_errno(err, "limit the time of sending");
	if (socket_reach(sock, &address, len) == 0) {
		*ret_fd = TAKE_FD(sock);
		return 0;
	}
	if (errno == EAGAIN) /* SO_SNDTIMEO's */
		return fail(err, ETIMEDOUT,
			    "connect to the socket '%s': whoever listens there took nobody in for "
			    "%d seconds",
			    path, LIMIT_SECONDS);
	return fail_errno(err, "connect to the socket '%s'", path);
}

int socket_connect(const char *path, int *ret_fd, struct error *err)
{
	return connect_to(path, SOCK_STREAM, ret_fd, err);
}

int socket_send_fd(const char *path, const char *text, int fd, struct error *err)
{
	auto_fd sock = -1;
	int r;

	r = socket_connect(path, &sock, err);
	if (r < 0)
		return r;
	r = packet_send(sock, text, strlen(text), &fd, 1);
	if (r < 0)
		return fail(err, -r, "send the descriptor over the socket '%s': %s", path,
			    strerror(-r));
	return 0;
}

int socket_connect_datagram(const char *path, int *ret_fd, struct error *err)
{
	return connect_to(path, SOCK_DGRAM, ret_fd, err);
}
