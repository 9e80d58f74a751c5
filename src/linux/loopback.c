/* loopback.c - see loopback.h */
#include "linux/loopback.h"

#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/raw_syscall.h"

int loopback_raise(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int sock = (int) raw_syscall(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0, 0, 0, 0);
	int r;

	if (sock < 0)
		return sock;
	r = (int) raw_syscall(SYS_ioctl, sock, SIOCSIFFLAGS, RAW(&request), 0, 0, 0);
	if (r == 0)
		return sock;
	raw_syscall(SYS_close, sock, 0, 0, 0, 0, 0);
	return r;
}

int loopback_apply(struct error *err)
{
	auto_fd sock = loopback_raise();

	return sock < 0 ? fail(err, -sock, "bring up 'lo': %s", strerror(-sock)) : 0;
}
