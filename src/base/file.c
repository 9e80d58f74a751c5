/* file.c - see file.h */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/raw_syscall.h"
#include "base/text.h"

#define FIRST_GUESS 4096
#define TEMPORARY_TRIES 100

static ssize_t read_retry(int fd, void *buf, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n;
}

/* Reads to the end of file, into a buffer that begins with room for guess bytes and a NUL; no
 * second read when the file ends where it was guessed to. */
static int read_all(int fd, size_t guess, bool is_exact, const char *name, size_t max,
		    char **ret_data, size_t *ret_len, struct error *err)
{
	size_t size = guess + 1, len = 0;
	auto_free char *data = malloc(size);

	while (data) {
		ssize_t n = read_retry(fd, data + len, size - len);

		if (n < 0)
			return fail_errno(err, "read '%s'", name);
		len += (size_t) n;
		if (len > max)
			return fail(err, EFBIG, "read '%s': it is larger than %zu bytes", name,
				    max);
		if (n == 0 || (is_exact && len == guess))
			break;
		if (len == size) {
			char *more = realloc(data, size * 2);

			if (!more)
				return fail_errno(err, "read '%s'", name);
			data = more;
			size *= 2;
		}
	}
	if (!data)
		return fail_errno(err, "read '%s'", name);
	data[len] = '\0';
	*ret_data = TAKE_PTR(data);
	if (ret_len)
		*ret_len = len;
	return 0;
}

int file_read(int dirfd, const char *path, size_t max, char **ret_data, size_t *ret_len,
	      struct error *err)
{
	/* O_NONBLOCK: a pipe with that name is refused below and not waited for. */
	auto_fd fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return fail_errno(err, "open '%s'", path);
	if (fstat(fd, &st) < 0)
		return fail_errno(err, "read '%s'", path);
	if (S_ISDIR(st.st_mode))
		return fail(err, EISDIR, "read '%s': it is a directory", path);
	if (!S_ISREG(st.st_mode))
		return fail(err, EINVAL, "read '%s': it is not a regular file", path);
	if ((uint64_t) st.st_size > max)
		return fail(err, EFBIG, "read '%s': it is larger than %zu bytes", path, max);
	return read_all(fd, (size_t) st.st_size, true, path, max, ret_data, ret_len, err);
}

int file_read_fd(int fd, const char *name, size_t max, char **ret_data, size_t *ret_len,
		 struct error *err)
{
	return read_all(fd, FIRST_GUESS, false, name, max, ret_data, ret_len, err);
}

ssize_t file_peek(int dirfd, const char *path, char *buf, size_t size)
{
	auto_fd fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read_retry(fd, buf, size - 1);
	if (n < 0)
		return -errno;
	if (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return n;
}

int file_put(int dirfd, const char *path, const char *data)
{
	auto_fd fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	size_t len = strlen(data);
	ssize_t n;

	if (fd < 0)
		return -errno;
	do
		n = write(fd, data, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t) n == len ? 0 : -EIO;
}

int file_write_fd(int fd, const char *data, size_t len)
{
	while (len) {
		long n = raw_syscall(SYS_write, fd, RAW(data), RAW(len), 0, 0, 0);

		if (n < 0 && n != -EINTR)
			return (int) n;
		if (n > 0) {
			data += n;
			len -= (size_t) n;
		}
	}
	return 0;
}

int file_put_whole(int dirfd, const char *path, const char *data, size_t len, mode_t mode)
{
	long fd = raw_syscall(SYS_openat, dirfd, RAW(path),
			      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode, 0, 0);
	int r;

	if (fd < 0)
		return (int) fd;
	r = file_write_fd((int) fd, data, len);
	raw_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	return r;
}

/* A new file beside path; the name is taken by O_EXCL, so nobody can have prepared it. */
static int open_temporary(int dirfd, const char *path, mode_t mode, char **ret_name)
{
	for (int i = 0; i < TEMPORARY_TRIES; i++) {
		auto_free char *name = xasprintf("%s.%d-%d~", path, getpid(), i);
		int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

		if (fd >= 0)
			*ret_name = TAKE_PTR(name);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

const char *fd_path(int fd, char ret[FD_PATH_MAX])
{
	snprintf(ret, FD_PATH_MAX, "/proc/self/fd/%d", fd);
	return ret;
}

int file_replace(int dirfd, const char *path, const char *data, size_t len, mode_t mode,
		 struct error *err)
{
	auto_free char *temporary = NULL;
	auto_fd fd = open_temporary(dirfd, path, mode, &temporary);
	int r;

	if (fd < 0)
		return fail_errno(err, "create '%s'", path);
	r = file_write_fd(fd, data, len);
	if (r == 0 && renameat(dirfd, temporary, dirfd, path) == 0)
		return 0;
	if (r < 0)
		errno = -r;
	fail_errno(err, "write '%s'", path);
	unlinkat(dirfd, temporary, 0);
	return -err->code;
}
