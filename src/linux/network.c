/* network.c - see network.h */
#include "linux/network.h"

#include <linux/sockios.h>
#include <sched.h>

#include "base/raw_syscall.h"
#include "linux/loopback.h"

int network_make(void)
{
	int r = (int) raw_syscall(SYS_unshare, CLONE_NEWNET, 0, 0, 0, 0, 0);
	int sock, fd;

	if (r < 0)
		return r;
	sock = loopback_raise();
	if (sock < 0)
		return sock;
	/* the socket tells of its namespace, without a look at /proc */
	fd = (int) raw_syscall(SYS_ioctl, sock, SIOCGSKNS, 0, 0, 0, 0);
	raw_syscall(SYS_close, sock, 0, 0, 0, 0, 0);
	return fd;
}
