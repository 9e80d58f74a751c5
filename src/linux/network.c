/* network.c - see network.h */
#include "linux/network.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>

#include "base/raw_syscall.h"
#include "linux/loopback.h"

static void close_raw(int fd)
{
	raw_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* Of the network namespace that we are in, once "lo" is up there. */
static int open_ours(void)
{
	int sock = loopback_raise(), fd;

	if (sock < 0)
		return sock;
	fd = (int) raw_syscall(SYS_ioctl, sock, SIOCGSKNS, 0, 0, 0, 0);
	close_raw(sock);
	return fd;
}

int network_make(void)
{
	int own = (int) raw_syscall(SYS_openat, AT_FDCWD, RAW("/proc/self/ns/net"),
				    O_RDONLY | O_CLOEXEC, 0, 0, 0);
	int fd, r;

	if (own < 0)
		return own;
	fd = (int) raw_syscall(SYS_unshare, CLONE_NEWNET, 0, 0, 0, 0, 0);
	if (fd == 0) {
		fd = open_ours();
		r = (int) raw_syscall(SYS_setns, own, CLONE_NEWNET, 0, 0, 0, 0);
		if (r < 0 && fd >= 0)
			close_raw(fd);
		if (r < 0)
			fd = r;
	}
	close_raw(own);
	return fd;
}
