/* growing.c - see growing.h */
#include "image/growing.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"

void growing_init(struct growing *growing)
{
	*growing = (struct growing){ .fd = -1 };
	pthread_mutex_init(&growing->lock, NULL);
	pthread_cond_init(&growing->changed, NULL);
}

int growing_open(struct growing *growing, int fd, struct error *err)
{
	int copy;

	/* Only the writer sets it; the reader may be in the middle of pread(). */
	if (growing->fd >= 0)
		return 0;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		return fail_errno(err, "duplicate a descriptor");
	pthread_mutex_lock(&growing->lock);
	growing->fd = copy;
	pthread_mutex_unlock(&growing->lock);
	return 0;
}

void growing_advance(struct growing *growing, int64_t available)
{
	pthread_mutex_lock(&growing->lock);
	growing->available = available;
	pthread_cond_broadcast(&growing->changed);
	pthread_mutex_unlock(&growing->lock);
}

void growing_end(struct growing *growing)
{
	pthread_mutex_lock(&growing->lock);
	growing->ended = true;
	pthread_cond_broadcast(&growing->changed);
	pthread_mutex_unlock(&growing->lock);
}

void growing_fail(struct growing *growing, const struct error *why)
{
	pthread_mutex_lock(&growing->lock);
	if (!growing->ended && !growing->error.code)
		growing->error = *why;
	pthread_cond_broadcast(&growing->changed);
	pthread_mutex_unlock(&growing->lock);
}

/* Waits until there is something at offset, or there will not be; returns how many bytes are
 * there. */
static int64_t wait_for(struct growing *growing, int64_t offset, struct error *err)
{
	int64_t there;

	pthread_mutex_lock(&growing->lock);
	while (growing->available <= offset && !growing->ended && !growing->error.code)
		pthread_cond_wait(&growing->changed, &growing->lock);
	there = growing->available > offset ? growing->available - offset : 0;
	if (there == 0 && growing->error.code) {
		*err = growing->error;
		there = -err->code;
	}
	pthread_mutex_unlock(&growing->lock);
	return there;
}

/* The writer empties a file that turned out wrong, after it said so. */
static int why_shorter(struct growing *growing, struct error *err)
{
	fail(err, EIO, "read the blob: it became shorter while it was read");
	pthread_mutex_lock(&growing->lock);
	if (growing->error.code)
		*err = growing->error;
	pthread_mutex_unlock(&growing->lock);
	return -err->code;
}

ssize_t growing_read(struct growing *growing, int64_t offset, void *buf, size_t len,
		     struct error *err)
{
	int64_t there = wait_for(growing, offset, err);
	ssize_t n;

	if (there <= 0)
		return (ssize_t) there;
	if ((uint64_t) there < len)
		len = (size_t) there;
	do
		n = pread(growing->fd, buf, len, offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail_errno(err, "read the blob");
	return n ? n : why_shorter(growing, err);
}

void growing_release(struct growing *growing)
{
	cleanup_fd(&growing->fd);
	pthread_cond_destroy(&growing->changed);
	pthread_mutex_destroy(&growing->lock);
}
