/* packet.c - see packet.h */
#include "base/packet.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/cleanup.h"
#include "base/raw_syscall.h"
#include "base/timestamp.h"

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
	long sent;

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
	for (;;) {
		sent = raw_syscall(SYS_sendmsg, fd, RAW(&message), MSG_NOSIGNAL, 0, 0, 0);
		if (sent == -EINTR)
			continue;
		if (sent < 0)
			return (int) sent;
		if ((size_t) sent == part.iov_len)
			return 0;
		/* a part: only where fd is a stream; the descriptors went with it */
		part.iov_base = (char *) part.iov_base + sent;
		part.iov_len -= (size_t) sent;
		message.msg_control = NULL;
		message.msg_controllen = 0;
	}
}

static void take_fds(struct msghdr *message, int *ret_fds)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			memcpy(ret_fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
}

/* After an interruption: waits for the rest of SO_RCVTIMEO, which the kernel would begin to count
 * anew.  With that limit recvmsg(2) is interrupted where no signal's handler runs, too. */
static bool wait_for_rest(int fd, int64_t begin)
{
	struct pollfd packet = { .fd = fd, .events = POLLIN };
	struct timeval limit = { 0 };
	socklen_t size = sizeof(limit);

	getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, &size);
	if (limit.tv_sec == 0 && limit.tv_usec == 0)
		return true;
	for (;;) {
		int64_t end = begin + (int64_t) limit.tv_sec * 1000 + limit.tv_usec / 1000;
		int64_t left = end - monotonic_ms();
		int r = left > 0 ? poll(&packet, 1, left < INT_MAX ? (int) left : INT_MAX) : 0;

		if (r == 0)
			errno = EAGAIN;
		if (r >= 0 || errno != EINTR)
			return r > 0;
	}
}

ssize_t packet_recv(int fd, void *data, size_t len, int *ret_fds)
{
	struct iovec part = { .iov_base = data, .iov_len = len };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	int64_t begin = monotonic_ms();
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
	while (n < 0 && (errno == ECONNRESET || (errno == EINTR && wait_for_rest(fd, begin))));
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
