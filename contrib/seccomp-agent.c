/* seccomp-agent.c - an example of who listens to a seccomp filter (linux.seccomp.listenerPath)
 *
 *	seccomp-agent SOCKET
 *
 * For each container it prints what it was told of it, and for each call that the filter notifies
 * of the caller and the number; then it lets the call go on as if there were no filter.  Build it
 * with
 *
 *	cc -o seccomp-agent contrib/seccomp-agent.c
 *
 * and give a container, say, { "names": ["mkdirat"], "action": "SCMP_ACT_NOTIFY" }.
 *
 * A real agent would do the call in the caller's place, or refuse it.  That a call goes on
 * (SECCOMP_USER_NOTIF_FLAG_CONTINUE) after an agent has looked at its arguments is no protection:
 * the caller can change memory in between, see seccomp_unotify(2). */
#include <err.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LISTENERS_MAX 64

/* One connection: the container process state as JSON, and with its first bytes the listener. */
static int take_listener(int connection)
{
	static char state[1 << 16];
	struct iovec part = { .iov_base = state, .iov_len = sizeof(state) - 1 };
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *head;
	int listener = -1;
	ssize_t n, len;

	len = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
	head = len > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (!head || head->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&listener, CMSG_DATA(head), sizeof(listener));
	while (len < (ssize_t) sizeof(state) - 1 &&
	       (n = read(connection, state + len, sizeof(state) - 1 - (size_t) len)) > 0)
		len += n;
	printf("%.*s\n", (int) len, state);
	fflush(stdout);
	return listener;
}

/* False when all whom the filter applied to have ended. */
static int answer(int listener)
{
	struct seccomp_notif call = { 0 };
	struct seccomp_notif_resp response = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		return errno == EINTR;
	printf("pid %u: system call %d\n", call.pid, call.data.nr);
	fflush(stdout);
	response.id = call.id;
	/* ENOENT: the caller was killed meanwhile */
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) == 0 || errno == ENOENT;
}

int main(int argc, char **argv)
{
	struct pollfd fds[1 + LISTENERS_MAX] = { { .fd = -1, .events = POLLIN } };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	nfds_t n = 1;

	if (argc != 2 || strlen(argv[1]) >= sizeof(address.sun_path))
		errx(1, "usage: seccomp-agent SOCKET");
	strcpy(address.sun_path, argv[1]);
	fds[0].fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fds[0].fd < 0 || bind(fds[0].fd, (struct sockaddr *) &address, sizeof(address)) < 0 ||
	    listen(fds[0].fd, 8) < 0)
		err(1, "listen at '%s'", argv[1]);
	for (;;) {
		if (poll(fds, n, -1) < 0 && errno != EINTR)
			err(1, "poll");
		for (nfds_t i = n - 1; i > 0; i--) {
			if (!fds[i].revents || ((fds[i].revents & POLLIN) && answer(fds[i].fd)))
				continue;
			close(fds[i].fd);
			fds[i] = fds[--n];
		}
		if ((fds[0].revents & POLLIN) && n <= LISTENERS_MAX) {
			int connection = accept4(fds[0].fd, NULL, NULL, SOCK_CLOEXEC);
			int listener = connection >= 0 ? take_listener(connection) : -1;

			if (listener >= 0)
				fds[n++] = (struct pollfd){ .fd = listener, .events = POLLIN };
			close(connection);
		}
	}
}
