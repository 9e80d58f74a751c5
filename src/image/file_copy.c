/* file_copy.c - see file_copy.h */
#include "image/file_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "image/xattrs.h"

#define BUFFER_SIZE ((size_t) 64 << 10)

/* Where the kernel cannot copy between the two file systems. */
static int copy_by_buffer(int from, int to, off_t offset, off_t end)
{
	auto_free char *buffer = xcalloc(1, BUFFER_SIZE);

	while (offset < end) {
		size_t want =
			end - offset < (off_t) BUFFER_SIZE ? (size_t) (end - offset) : BUFFER_SIZE;
		ssize_t n = pread(from, buffer, want, offset);

		if (n > 0)
			n = pwrite(to, buffer, (size_t) n, offset);
		if (n < 0)
			return -errno;
		if (n == 0) /* it has become shorter */
			return -EIO;
		offset += n;
	}
	return 0;
}

static int copy_range(int from, int to, off_t offset, off_t end)
{
	while (offset < end) {
		off_t in = offset, out = offset;
		ssize_t n = copy_file_range(from, &in, to, &out, (size_t) (end - offset), 0);

		if (n < 0 &&
		    (errno == EXDEV || errno == EOPNOTSUPP || errno == EINVAL || errno == ENOSYS))
			return copy_by_buffer(from, to, offset, end);
		if (n < 0)
			return -errno;
		if (n == 0)
			return copy_by_buffer(from, to, offset, end);
		offset += n;
	}
	return 0;
}

static int copy_content(int from, int to, off_t size)
{
	off_t data = 0, hole;
	int r = 0;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	while (r == 0 && data < size) {
		data = lseek(from, data, SEEK_DATA);
		if (data < 0 && errno != ENXIO)
			return -errno;
		if (data < 0) /* a hole up to the end */
			break;
		hole = lseek(from, data, SEEK_HOLE);
		if (hole < 0)
			hole = size;
		r = copy_range(from, to, data, hole);
		data = hole;
	}
	if (r == 0 && ftruncate(to, size) < 0)
		r = -errno;
	return r;
}

static int make_file(int fd, const struct stat *st, int dir, const char *name)
{
	char path[FD_PATH_MAX];
	auto_fd from = -1;
	auto_fd to = -1;

	fd_path(fd, path);
	from = open(path, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return -errno;
	to = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return to < 0 ? -errno : copy_content(from, to, st->st_size);
}

static int make_link(int fd, int dir, const char *name)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(fd, "", target, sizeof(target) - 1);

	if (len < 0)
		return -errno;
	target[len] = '\0';
	return symlinkat(target, dir, name) < 0 ? -errno : 0;
}

static int make(int fd, const struct stat *st, int dir, const char *name)
{
	if (S_ISREG(st->st_mode))
		return make_file(fd, st, dir, name);
	if (S_ISLNK(st->st_mode))
		return make_link(fd, dir, name);
	if (S_ISDIR(st->st_mode))
		return -EISDIR;
	return mknodat(dir, name, (st->st_mode & S_IFMT) | 0600, st->st_rdev) < 0 ? -errno : 0;
}

static int copy_xattr(const char *from, const char *to, const char *name)
{
	ssize_t size = getxattr(from, name, NULL, 0);
	auto_free char *value = size > 0 ? xcalloc(1, (size_t) size) : NULL;

	if (size > 0)
		size = getxattr(from, name, value, (size_t) size);
	if (size < 0)
		return errno == ENODATA ? 0 : -errno;
	/* another file system may not know it */
	return lsetxattr(to, name, value ? value : "", (size_t) size, 0) < 0 && errno != ENOTSUP
		       ? -errno
		       : 0;
}

static int copy_xattrs(int fd, int dir, const char *name)
{
	char from[FD_PATH_MAX], to[FD_PATH_MAX + NAME_MAX + 2];
	auto_free char *names = NULL;
	ssize_t len;
	int r = 0;

	fd_path(fd, from);
	snprintf(to, sizeof(to), "/proc/self/fd/%d/%s", dir, name);
	len = listxattr(from, NULL, 0);
	if (len <= 0)
		return len < 0 && errno != ENOTSUP ? -errno : 0;
	names = xcalloc(1, (size_t) len + 1);
	len = listxattr(from, names, (size_t) len);
	if (len < 0)
		return -errno;
	for (const char *at = names; r == 0 && at < names + len; at += strlen(at) + 1)
		if (xattr_is_for_us(at))
			r = copy_xattr(from, to, at);
	return r;
}

int file_copy_attributes(int fd, const struct stat *st, int dir, const char *name)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, st->st_mtim };
	int r = 0;

	/* In this order: a change of the owner takes set-id bits and capabilities away. */
	if (fchownat(dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		r = -errno;
	if (r == 0)
		r = copy_xattrs(fd, dir, name);
	if (r == 0 && !S_ISLNK(st->st_mode) && fchmodat(dir, name, st->st_mode & 07777, 0) < 0)
		r = -errno;
	if (r == 0 && utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		r = -errno;
	return r;
}

int file_copy(int fd, const struct stat *st, int dir, const char *name)
{
	int r = make(fd, st, dir, name);

	return r < 0 ? r : file_copy_attributes(fd, st, dir, name);
}

bool file_can_clone(int from_dir, int to_dir)
{
	auto_fd from = openat(from_dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	auto_fd to = openat(to_dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	return from >= 0 && to >= 0 && write(from, "x", 1) == 1 && ioctl(to, FICLONE, from) == 0;
}
