/* store_files.c - see store_files.h */
#include "image/store_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#define LOCK_TRIES 120
#define LOCK_PAUSE_NS 25000000L
#define TEMPORARY_TRIES 100

static int set_lock(int fd, off_t byte, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
	int r;

	do
		r = fcntl(fd, F_OFD_SETLK, &lock);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
	return 0;
}

int file_lock(int fd, off_t byte, bool is_exclusive)
{
	return set_lock(fd, byte, is_exclusive ? F_WRLCK : F_RDLCK);
}

int file_lock_wait(int fd, off_t byte, bool is_exclusive)
{
	static const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };
	int r = file_lock(fd, byte, is_exclusive);

	for (int i = 0; r == -EBUSY && i < LOCK_TRIES; i++) {
		nanosleep(&pause, NULL);
		r = file_lock(fd, byte, is_exclusive);
	}
	return r;
}

void file_unlock(int fd, off_t byte)
{
	set_lock(fd, byte, F_UNLCK);
}

/* fsync() needs a descriptor that is not O_PATH. */
static int sync_dir(int dirfd, const char *name)
{
	auto_fd fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : fsync(fd);
}

static int open_temporary(int dirfd, const char *name, char **ret_name)
{
	for (int i = 0; i < TEMPORARY_TRIES; i++) {
		auto_free char *temporary = xasprintf("%s.%d-%d~", name, getpid(), i);
		int fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

		if (fd >= 0)
			*ret_name = TAKE_PTR(temporary);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

int file_replace_synced(int dirfd, const char *name, const char *data, size_t len,
			struct error *err)
{
	auto_free char *temporary = NULL;
	auto_fd fd = open_temporary(dirfd, name, &temporary);
	int r;

	if (fd < 0)
		return fail_errno(err, "create '%s' in the store", name);
	r = file_write_fd(fd, data, len);
	if (r == 0 && fsync(fd) == 0 && renameat(dirfd, temporary, dirfd, name) == 0 &&
	    sync_dir(dirfd, ".") == 0)
		return 0;
	if (r < 0)
		errno = -r;
	fail_errno(err, "write '%s' in the store", name);
	unlinkat(dirfd, temporary, 0);
	return -err->code;
}

int file_publish(int from_dir, const char *from, int fd, int layout_fd, const char *path,
		 struct error *err)
{
	auto_free char *parent = xstrdup(path);
	char *slash = strrchr(parent, '/');

	*slash = '\0';
	if (mkdirat(layout_fd, parent, 0755) < 0 && errno != EEXIST)
		return fail_errno(err, "make '%s' in the store", parent);
	if (fsync(fd) < 0 || renameat(from_dir, from, layout_fd, path) < 0 ||
	    sync_dir(layout_fd, parent) < 0)
		return fail_errno(err, "put the blob '%s' into the store", path);
	return 0;
}
