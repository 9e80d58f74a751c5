/* cache_save.c - see cache_save.h */
#include "image/cache_save.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "image/tree_sums.h"

struct flushing {
	int fd;
	int result; /* 0 or -errno: the kernel tells an error of the disk once only */
};

static void *flush(void *context)
{
	struct flushing *flushing = context;

	flushing->result = syncfs(flushing->fd) < 0 ? -errno : 0;
	return NULL;
}

static int write_sums(const struct staging *items, size_t n, const char *name,
		      const volatile sig_atomic_t *stop, struct error *err)
{
	for (size_t i = 0; i < n; i++)
		if (tree_sums_write(items[i].fd, name, stop, err) < 0)
			return -err->code;
	return 0;
}

int cache_save(struct staging *items, size_t n, const char *name, const volatile sig_atomic_t *stop,
	       struct error *err)
{
	struct flushing flushing = { 0 };
	pthread_t thread;
	bool has_thread;
	int r;

	if (!n)
		return 0;
	/* the disk writes while we read from memory */
	flushing.fd = items[0].fd;
	has_thread = pthread_create(&thread, NULL, flush, &flushing) == 0;
	r = write_sums(items, n, name, stop, err);
	if (has_thread)
		pthread_join(thread, NULL);
	if (r < 0)
		return r;
	if (flushing.result == 0)
		flush(&flushing);
	if (flushing.result < 0)
		return fail(err, -flushing.result, "write what was unpacked to disk: %s",
			    strerror(-flushing.result));
	for (size_t i = 0; i < n; i++)
		if (staging_commit(&items[i], err) < 0)
			return -err->code;
	return staging_sync_names(&items[0], err);
}
