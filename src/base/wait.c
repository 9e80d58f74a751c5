/* wait.c - see wait.h */
#include "base/wait.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/file.h>
#include <time.h>

#include "base/timestamp.h"

#define LOCK_PAUSE_NS (20 * 1000 * 1000)

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

int wait_for_lock(int fd, int64_t limit_ms)
{
	static const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };
	int64_t deadline = 0;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int64_t now = monotonic_ms();

		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (!deadline)
			deadline = now + limit_ms;
		if (now >= deadline)
			return -EWOULDBLOCK;
		nanosleep(&pause, NULL);
	}
	return 0;
}
