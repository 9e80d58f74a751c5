/* mount_copyup.c - see mount_copyup.h */
#include "linux/mount_copyup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Each level holds three descriptors. */
#define DEPTH_MAX 64

/* On the way down, and up again with what went wrong. */
struct walk {
	unsigned int depth;
	char failed[NAME_MAX + 1]; /* the entry that could not be copied */
};

static int copy_dir(int from_fd, int to_fd, struct walk *walk);

static int copy_data(int from_fd, int to_fd)
{
	ssize_t n;

	do
		n = sendfile(to_fd, from_fd, NULL, 1 << 20);
	while (n > 0);
	return n < 0 ? -errno : 0;
}

/* O_NONBLOCK and the second look: what was a file a moment ago may be a FIFO by now. */
static int copy_file(int from_dir, int to_dir, const char *name)
{
	auto_fd from_fd = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	auto_fd to_fd = -1;
	struct stat st;

	if (from_fd < 0 || fstat(from_fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ESTALE;
	to_fd = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return to_fd < 0 ? -errno : copy_data(from_fd, to_fd);
}

static int copy_link(int from_dir, int to_dir, const char *name)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(from_dir, name, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	return symlinkat(target, to_dir, name) < 0 ? -errno : 0;
}

static int copy_subdir(int from_dir, int to_dir, const char *name, struct walk *walk)
{
	auto_fd from_fd = openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_fd to_fd = -1;
	int r;

	if (from_fd < 0 || mkdirat(to_dir, name, 0700) < 0)
		return -errno;
	to_fd = openat(to_dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to_fd < 0)
		return -errno;
	if (walk->depth == DEPTH_MAX)
		return -EOVERFLOW;
	walk->depth++;
	r = copy_dir(from_fd, to_fd, walk);
	walk->depth--;
	return r;
}

/* An owner that the user namespace does not map cannot be given (EINVAL): the copy stays its
 * maker's.  The mode comes last, for a change of owner takes set-id bits away. */
static int copy_metadata(int to_dir, const char *name, const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	if (fchownat(to_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno != EINVAL)
		return -errno;
	if (!S_ISLNK(st->st_mode) && fchmodat(to_dir, name, st->st_mode & 07777, 0) < 0)
		return -errno;
	if (utimensat(to_dir, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

static int copy_entry(int from_dir, int to_dir, const char *name, struct walk *walk)
{
	struct stat st;
	int r;

	if (fstatat(from_dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		r = copy_subdir(from_dir, to_dir, name, walk);
	else if (S_ISREG(st.st_mode))
		r = copy_file(from_dir, to_dir, name);
	else if (S_ISLNK(st.st_mode))
		r = copy_link(from_dir, to_dir, name);
	else
		r = mknodat(to_dir, name, st.st_mode, st.st_rdev) < 0 ? -errno : 0;
	if (r >= 0)
		r = copy_metadata(to_dir, name, &st);
	if (r < 0 && !*walk->failed)
		snprintf(walk->failed, sizeof(walk->failed), "%s", name);
	return r;
}

static int copy_dir(int from_fd, int to_fd, struct walk *walk)
{
	auto_fd fd = openat(from_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return -errno;
	(void) TAKE_FD(fd);
	while (r >= 0 && (errno = 0, entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = copy_entry(from_fd, to_fd, entry->d_name, walk);
	return r < 0 ? r : -errno;
}

int mount_copyup(int from_fd, int to_fd, struct error *err)
{
	struct walk walk = { 0 };
	struct stat st;
	int r = copy_dir(from_fd, to_fd, &walk);

	if (r == -EOVERFLOW)
		return fail(err, -r,
			    "copy what the tmpfs covers: it is more than %d directories deep",
			    DEPTH_MAX);
	if (r < 0 && *walk.failed)
		return fail(err, -r, "copy what the tmpfs covers: '%s': %s", walk.failed,
			    strerror(-r));
	if (r >= 0 &&
	    (fstat(from_fd, &st) < 0 ||
	     (fchownat(to_fd, "", st.st_uid, st.st_gid, AT_EMPTY_PATH) < 0 && errno != EINVAL)))
		r = -errno;
	return r < 0 ? fail(err, -r, "copy what the tmpfs covers: %s", strerror(-r)) : 0;
}
