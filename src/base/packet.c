/* packet.c - see packet.h */
#include "base/packet.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"

union control {
	struct cmsghdr align;
	char space[CMSG_SPACE(sizeof(int[PACKET_FDS_MAX]))];
};

int packet_pair(int ret_fds[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_fds) < 0)
		return -errno;
	return 0;
}

int packet_send(int fd, const void *data, size_t len, const int *fds, size_t n)
{
	struct iovec part = { .iov_base = (void *) data, .iov_len = len };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	union control control = { 0 };
	ssize_t sent;

	/* An empty packet would be read as the end of file. */
	if (!len || n > PACKET_FDS_MAX)
		return -EINVAL;
	if (n) {
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(&control.align), fds, n * sizeof(int));
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(n * sizeof(int));
	}
	do
		sent = sendmsg(fd, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	return (size_t) sent == len ? 0 : -EIO; /* a part: only where fd is a stream */
}

static void take_fds(struct msghdr *message, int *ret_fds)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			memcpy(ret_fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
}

ssize_t packet_recv(int fd, void *data, size_t len, int *ret_fds)
{
	struct iovec part = { .iov_base = data, .iov_len = len };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	union control control;
	ssize_t n;

	if (ret_fds) {
		for (size_t i = 0; i < PACKET_FDS_MAX; i++)
			ret_fds[i] = -1;
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	/* A peer that ends with packets unread leaves ECONNRESET in front of what it had sent;
	 * the kernel reports it once. */
	do
		n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0)
		return -errno;
	if (ret_fds)
		take_fds(&message, ret_fds);
	if (!(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return n;
	for (size_t i = 0; ret_fds && i < PACKET_FDS_MAX; i++)
		cleanup_fd(&ret_fds[i]);
	return message.msg_flags & MSG_TRUNC ? -EMSGSIZE : -EPROTO;
}
