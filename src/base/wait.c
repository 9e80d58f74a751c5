/* wait.c - see wait.h */
#include "base/wait.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

#include "base/timestamp.h"

int wait_until(int fd, int64_t deadline)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	int r;

	do {
		int64_t left = deadline - monotonic_ms();

		r = poll(&poll_fd, 1, left <= 0 ? 0 : left < INT_MAX ? (int) left : INT_MAX);
	} while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : r;
}

int wait_for(int fd, int64_t limit_ms)
{
	return wait_until(fd, monotonic_ms() + limit_ms);
}
