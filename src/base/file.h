/* file.h - whole small files: read, write, replace; directories by path */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"

/* Whether both are of one file, or directory: by whatever names, and mounts. */
static inline bool file_is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Reads the regular file `path` relative to dirfd.  *ret_data is NUL-terminated, to be freed
 * with free(); ret_len may be NULL.  -EFBIG when it holds more than max bytes. */
int file_read(int dirfd, const char *path, size_t max, char **ret_data, size_t *ret_len,
	      struct error *err);

/* As file_read(), for what is not a regular file too: a pipe, or a file of /proc or /sys. */
int file_read_fd(int fd, const char *name, size_t max, char **ret_data, size_t *ret_len,
		 struct error *err);

/* Reads at most size - 1 bytes of a small kernel file into buf and drops a trailing newline;
 * returns the length or -errno.  Allocates nothing and sets no error. */
ssize_t file_peek(int dirfd, const char *path, char *buf, size_t size);

/* Writes data to an existing file (a file of /proc, /sys or a cgroup) in one write(2).  Returns
 * 0 or -errno and sets no error: the caller knows what the value meant. */
int file_put(int dirfd, const char *path, const char *data);

/* Writes all of data to fd, by system calls alone.  Returns 0 or -errno and sets no error. */
int file_write_fd(int fd, const char *data, size_t len);

/* Makes a file of data, or writes it anew, where none but we write; by system calls alone.  Returns 0 or
 * -errno and sets no error. */
int file_put_whole(int dirfd, const char *path, const char *data, size_t len, mode_t mode);

/* Puts data at `path` so that a reader sees the old or the new file, never a part (a temporary
 * name beside it, then rename); not synced to disk.  The umask applies to mode. */
int file_replace(int dirfd, const char *path, const char *data, size_t len, mode_t mode,
		 struct error *err);

/* The path by which a descriptor's file can be given to calls that want one; returns ret. */
#define FD_PATH_MAX sizeof("/proc/self/fd/-2147483648")
const char *fd_path(int fd, char ret[FD_PATH_MAX]);

/* Makes `path` and its missing parents, each with mode (less the umask); existing ones are left
 * as they are. */
int dir_make(const char *path, mode_t mode, struct error *err);

/* Removes dirfd/name and everything below it, following no link; a missing one is no error.
 * What is mounted in there is left alone, and is an error (-EBUSY).  The tree may be of any depth:
 * three descriptors are enough. */
int dir_remove(int dirfd, const char *name, struct error *err);

#endif
