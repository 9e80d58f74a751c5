/* inroot.c - see inroot.h */
#include "linux/inroot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

/* The kernel answers EAGAIN when something was renamed or mounted while ".." was walked.  A hostile process can
 * go on doing that, so the tries have an end. */
#define TRIES_MAX 128
#define LINKS_MAX 40 /* as the kernel's own limit for one path */

static int open_resolved(int root_fd, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t) (unsigned int) flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve,
	};

	for (int i = 0; i < TRIES_MAX; i++) {
		long fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));

		if (fd >= 0)
			return (int) fd;
		if (errno != EAGAIN && errno != EINTR)
			break;
	}
	return -errno;
}

int inroot_open(int root_fd, const char *path, int flags)
{
	return open_resolved(root_fd, *path ? path : "/", flags, 0);
}

int inroot_open_exact(int root_fd, const char *path, int flags)
{
	return open_resolved(root_fd, *path ? path : "/", flags, RESOLVE_NO_SYMLINKS);
}

int inroot_clean(const char *path, char buf[PATH_MAX])
{
	size_t len = 0;

	while (*path) {
		size_t n;

		while (*path == '/')
			path++;
		n = str_until(path, '/');
		if (n == 2 && memcmp(path, "..", 2) == 0) {
			while (len && buf[--len] != '/')
				;
		} else if (n && !(n == 1 && *path == '.')) {
			if (len + 1 + n >= PATH_MAX)
				return -ENAMETOOLONG;
			buf[len++] = '/';
			memcpy(buf + len, path, n);
			len += n;
		}
		path += n;
	}
	if (!len)
		buf[len++] = '/';
	buf[len] = '\0';
	return 0;
}

static int clean(const char *path, char buf[PATH_MAX], struct error *err)
{
	int r = inroot_clean(path, buf);

	return r < 0 ? fail(err, -r, "resolve '%.64s...' in the root: the path is too long", path)
		     : 0;
}

/* One new directory in dir_fd, whose mode no umask cuts: the container's user may have to pass it.
 * It is opened without following a link, so that whoever replaces it in between leads us nowhere. */
static int make_one(int dir_fd, const char *name, mode_t mode)
{
	mode_t mask = umask(0);
	int fd, code = mkdirat(dir_fd, name, mode) < 0 ? errno : 0;

	umask(mask);
	if (code && code != EEXIST)
		return -code;
	fd = openat(dir_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Opens the longest part of the clean path that is a directory, and cuts the path in two there:
 * *ret_rest is what is missing below, without a leading '/'. */
static int open_longest(int root_fd, char *path, char **ret_rest)
{
	size_t len = strlen(path);
	int fd;

	do {
		char *slash = memrchr(path, '/', len);

		if (!slash || len == 1)
			return -ENOENT;
		len = (size_t) (slash - path);
		*slash = '\0';
		*ret_rest = slash + 1;
		fd = inroot_open(root_fd, path, O_PATH | O_DIRECTORY);
		if (fd == -ENOENT)
			*slash = '/';
	} while (fd == -ENOENT);
	return fd;
}

/* Out of line: its buffers are pages of stack that only a link should cost. */
/* clang-format off */
__attribute__((noinline))
static int put_target(int dir_fd, const char *name, const char *path, const char *rest,
		      char buf[PATH_MAX])
/* clang-format on */
{
	char target[PATH_MAX], joined[3 * PATH_MAX];
	ssize_t n = readlinkat(dir_fd, name, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	snprintf(joined, sizeof(joined), "%s/%s%s", target[0] == '/' ? "" : path, target, rest);
	return inroot_clean(joined, buf) < 0 ? -ENAMETOOLONG : 1;
}

/* If the first component of rest is a link in dir_fd, whose target is then missing, puts the
 * target in its place: *buf becomes the clean path to what is meant.  1: it was one, 0: not. */
static int expand_link(int dir_fd, const char *path, const char *rest, char buf[PATH_MAX])
{
	size_t name_len = str_until(rest, '/');
	char name[NAME_MAX + 1];
	struct statfs fs;

	if (name_len > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, rest, name_len);
	name[name_len] = '\0';
	if (readlinkat(dir_fd, name, (char[1]){ 0 }, 1) < 0)
		return errno == ENOENT || errno == EINVAL ? 0 : -errno;
	/* the links of a procfs are descriptors, whose texts are paths of the host */
	if (fstatfs(dir_fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC)
		return 0;
	return put_target(dir_fd, name, path, rest + name_len, buf);
}

static int make_components(int dir_fd, char *rest, mode_t mode)
{
	auto_fd fd = dir_fd;

	for (char *name = rest; name;) {
		char *next_name = strchr(name, '/');
		int next;

		if (next_name)
			*next_name++ = '\0';
		next = make_one(fd, name, mode);
		if (next < 0)
			return next;
		close(fd);
		fd = next;
		name = next_name;
	}
	return TAKE_FD(fd);
}

/* Makes the clean path, whose directory is not there.  A link that leads to nothing is taken for
 * its target, as if that were there: images have links to places that only mounts bring. */
static int make_missing(int root_fd, char path[PATH_MAX], mode_t mode)
{
	for (int links = 0; links < LINKS_MAX; links++) {
		char target[PATH_MAX], *rest;
		auto_fd fd = open_longest(root_fd, path, &rest);
		int r;

		if (fd < 0)
			return fd;
		r = expand_link(fd, path, rest, target);
		if (r < 0)
			return r;
		if (r == 0)
			return make_components(TAKE_FD(fd), rest, mode);
		strcpy(path, target);
	}
	return -ELOOP;
}

int inroot_make_dir(int root_fd, const char *path, mode_t mode, int *ret_fd, struct error *err)
{
	char buf[PATH_MAX];
	int fd, made = 0;

	if (clean(path, buf, err) < 0)
		return -err->code;
	fd = inroot_open(root_fd, buf, O_PATH | O_DIRECTORY);
	if (fd == -ENOENT) {
		fd = make_missing(root_fd, buf, mode);
		made = 1;
	}
	if (fd < 0) {
		errno = -fd;
		return fail_errno(err, "%s the directory '%s' in the root", made ? "make" : "open",
				  path);
	}
	*ret_fd = fd;
	return made;
}

int inroot_make_parent(int root_fd, const char *path, int *ret_fd, const char **ret_name,
		       struct error *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char parent[PATH_MAX];
	size_t len = (size_t) (name - path);
	int r;

	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return fail(err, EINVAL, "'%s' does not end with a file's name", path);
	if (len >= sizeof(parent))
		return fail(err, ENAMETOOLONG, "the path '%.64s...' is too long", path);
	memcpy(parent, path, len);
	parent[len] = '\0';
	r = inroot_make_dir(root_fd, parent, 0755, ret_fd, err);
	if (r >= 0)
		*ret_name = name;
	return r < 0 ? r : 0;
}

/* The empty file `name` in dir_fd, found as what was just made, by us or by another container of this
 * root: a regular file, no link. */
static int make_file_in(int dir_fd, const char *name, mode_t mode)
{
	mode_t mask = umask(0);
	int code = mknodat(dir_fd, name, S_IFREG | (mode & 07777), 0) < 0 ? errno : 0;
	struct stat st;
	auto_fd fd = -1;

	umask(mask);
	if (code && code != EEXIST)
		return -code;
	fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? TAKE_FD(fd) : -ELOOP;
}

/* Makes the clean path, where nothing is, as a file; links that lead to nothing as in
 * make_missing(). */
static int make_missing_file(int root_fd, char path[PATH_MAX], mode_t mode, struct error *err)
{
	for (int links = 0; links < LINKS_MAX; links++) {
		char parent[PATH_MAX], target[PATH_MAX];
		auto_fd dir_fd = -1;
		const char *name;
		int r;

		r = inroot_make_parent(root_fd, path, &dir_fd, &name, err);
		if (r < 0)
			return r;
		snprintf(parent, sizeof(parent), "%.*s", (int) (name - path), path);
		r = expand_link(dir_fd, parent, name, target);
		if (r == 1) {
			strcpy(path, target);
			continue;
		}
		if (r == 0)
			r = make_file_in(dir_fd, name, mode);
		if (r >= 0)
			return r;
		errno = -r;
		return fail_errno(err, "make the file '%s' in the root", path);
	}
	return fail(err, ELOOP, "make the file '%s' in the root: %s", path, strerror(ELOOP));
}

int inroot_make_file(int root_fd, const char *path, mode_t mode, int *ret_fd, struct error *err)
{
	char buf[PATH_MAX];
	int fd;

	if (clean(path, buf, err) < 0)
		return -err->code;
	fd = inroot_open(root_fd, buf, O_PATH);
	if (fd >= 0) {
		*ret_fd = fd;
		return 0;
	}
	if (fd != -ENOENT) {
		errno = -fd;
		return fail_errno(err, "open the file '%s' in the root", buf);
	}
	fd = make_missing_file(root_fd, buf, mode, err);
	if (fd < 0)
		return fd;
	*ret_fd = fd;
	return 1;
}
