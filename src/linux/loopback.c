/* loopback.c - see loopback.h */
#include "linux/loopback.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"

int loopback_apply(struct error *err)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	auto_fd sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		return fail_errno(err, "make a socket");
	if (ioctl(sock, SIOCSIFFLAGS, &request) < 0)
		return fail_errno(err, "bring up 'lo'");
	return 0;
}
