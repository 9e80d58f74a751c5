/* loopback.c - see loopback.h */
#include "linux/loopback.h"

#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/raw_syscall.h"

int loopback_socket(void)
{
	return (int) raw_syscall(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0, 0, 0, 0);
}

int loopback_raise(int sock)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

	return (int) raw_syscall(SYS_ioctl, sock, SIOCSIFFLAGS, RAW(&request), 0, 0, 0);
}

int loopback_apply(struct error *err)
{
	auto_fd sock = loopback_socket();
	int r = sock < 0 ? sock : loopback_raise(sock);

	return r < 0 ? fail(err, -r, "bring up 'lo': %s", strerror(-r)) : 0;
}
