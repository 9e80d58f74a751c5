/* staging.c - see staging.h */
#include "image/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "image/root_mount.h"
#include "image/tree.h"
#include "image/xattrs.h"

#define TEMPORARY ".%s.coracle-unpack"

/* Others may come and go between our steps, but not for ever. */
#define TRIES_MAX 16

#define WAIT_STEPS 36000
#define WAIT_STEP_US 100000

/* Splits the path into its directory, which is opened, and its last component. */
static int open_parent(const char *path, struct staging *staging, struct error *err)
{
	auto_free char *copy = xstrdup(path);
	char *slash;

	for (size_t len = strlen(copy); len > 1 && copy[len - 1] == '/'; len--)
		copy[len - 1] = '\0';
	slash = strrchr(copy, '/');
	staging->name = xstrdup(slash ? slash + 1 : copy);
	if (!*staging->name || strcmp(staging->name, ".") == 0 || strcmp(staging->name, "..") == 0)
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "bundle '%s': give the name of the directory that is to be made",
			       path);
	if (slash)
		slash[slash == copy] = '\0';
	staging->parent = open(slash ? copy : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (staging->parent < 0)
		return fail_errno(err, "open the directory '%s' for the bundle",
				  slash ? copy : ".");
	return 0;
}

static bool is_empty(int parent, const char *name)
{
	auto_fd fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_dir *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		return false;
	TAKE_FD(fd);
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return false;
	return true;
}

static int check_free(const struct staging *staging, const char *path, struct error *err)
{
	struct stat st;

	if (fstatat(staging->parent, staging->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : fail_errno(err, "look at the bundle '%s'", path);
	if (!S_ISDIR(st.st_mode))
		return fail_as(err, ERROR_BUNDLE, EEXIST,
			       "the bundle '%s' exists, and is no directory", path);
	if (!is_empty(staging->parent, staging->name))
		return fail_as(err, ERROR_BUNDLE, ENOTEMPTY,
			       "the bundle '%s' exists, and is not empty", path);
	return 0;
}

/* Opens and locks the temporary directory.  Returns a descriptor, -EBUSY when somebody has locked
 * it, -EAGAIN when it went away meanwhile, or -errno. */
static int lock(const struct staging *staging)
{
	struct stat st, named;
	auto_fd fd = openat(staging->parent, staging->temporary,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? -EAGAIN : -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	/* Its maker may have given it its own name before he let go of the lock. */
	if (fstatat(staging->parent, staging->temporary, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !file_is_same(&named, &st))
		return -EAGAIN;
	/* In a directory that all may write to, somebody else may have made it. */
	return st.st_uid == geteuid() ? TAKE_FD(fd) : -EPERM;
}

/* Removes the temporary directory, whose maker is dead; fd is open on it. */
static int remove_left(const struct staging *staging, int fd, struct error *err)
{
	log_warning("removing '%s', which an unpack that was killed has left", staging->temporary);
	if (root_mount_detach(fd, err) < 0)
		return -err->code;
	return tree_delete(staging->parent, staging->temporary, err);
}

int staging_clean(int dir, const char *name, struct error *err)
{
	auto_free char *temporary = xasprintf(TEMPORARY, name);
	const struct staging staging = { .parent = dir, .temporary = temporary };
	auto_fd fd = lock(&staging);

	if (fd < 0)
		return 0;
	return remove_left(&staging, fd, err) < 0 ? -err->code : 1;
}

/* One attempt to make the temporary directory ours; -EAGAIN asks for another. */
static int claim(struct staging *staging, const char *path, struct error *err)
{
	bool was_there = mkdirat(staging->parent, staging->temporary, 0700) < 0;
	auto_fd fd = -1;

	if (was_there && errno != EEXIST)
		return fail_errno(err, "make a directory beside the bundle '%s'", path);
	fd = lock(staging);
	if (fd == -EAGAIN)
		return -EAGAIN;
	if (fd == -EBUSY)
		return fail_as(err, ERROR_BUNDLE, EBUSY,
			       "another process is making the bundle '%s'", path);
	if (fd < 0)
		return fail(err, -fd, "lock the directory '%s': %s", staging->temporary,
			    strerror(-fd));
	if (was_there)
		return remove_left(staging, fd, err) < 0 ? -err->code : -EAGAIN;
	/* what is made in it is to have nothing of the directory above: no ACL, no group */
	xattrs_forget_acls(staging->parent, staging->temporary);
	if (fchmod(fd, 0700) < 0)
		return fail_errno(err, "set the mode of '%s'", staging->temporary);
	staging->fd = TAKE_FD(fd);
	return 0;
}

int staging_open(const char *path, struct staging *ret, struct error *err)
{
	auto_staging staging = STAGING_NONE;
	auto_free char *temporary = NULL;
	int r = -EAGAIN;

	if (open_parent(path, &staging, err) < 0 || check_free(&staging, path, err) < 0)
		return -err->code;
	staging.temporary = temporary = xasprintf(TEMPORARY, staging.name);
	fail(err, EBUSY, "the directory '%s' comes and goes", temporary);
	for (int i = 0; r == -EAGAIN && i < TRIES_MAX; i++)
		r = claim(&staging, path, err);
	if (r < 0) {
		staging.temporary = NULL; /* not ours to remove */
		return -err->code;
	}
	TAKE_PTR(temporary);
	*ret = staging;
	staging = STAGING_NONE;
	return 0;
}

/* Whether `result` says that another process makes it, and it has not yet had its time; then a while
 * has passed. */
static bool has_waited(int result, int step)
{
	int steps = result == -EBUSY ? WAIT_STEPS : result == -ENOTEMPTY ? TRIES_MAX : 0;

	if (step >= steps)
		return false;
	usleep(WAIT_STEP_US);
	return true;
}

int staging_ensure(const char *path, const char *what, const volatile sig_atomic_t *stop,
		   staging_make *make, void *context, struct staging *ret, struct error *err)
{
	auto_free char *whole = xasprintf("%s/%s", path, what);

	for (int step = 0; access(whole, F_OK) < 0; step++) {
		auto_staging staging = STAGING_NONE;
		int r = staging_open(path, &staging, err);

		if (r < 0) {
			if (!has_waited(r, step))
				return r;
			if (stop && *stop)
				return fail(err, EINTR, "stopped by a signal");
			continue;
		}
		/* who had it locked may have made it since we looked */
		if (access(whole, F_OK) == 0)
			break;
		if (make(context, staging.fd, err) < 0)
			return -err->code;
		*ret = staging;
		staging = STAGING_NONE;
		return 1;
	}
	return 0;
}

int staging_commit(struct staging *staging, struct error *err)
{
	if (renameat(staging->parent, staging->temporary, staging->parent, staging->name) < 0)
		return fail_errno(err, "rename the complete bundle to '%s'", staging->name);
	free(staging->temporary);
	staging->temporary = NULL;
	return 0;
}

int staging_sync_names(const struct staging *staging, struct error *err)
{
	auto_fd fd = openat(staging->parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0
		       ? fail_errno(err, "write the name '%s' to disk", staging->name)
		       : 0;
}

void staging_release(struct staging *staging)
{
	struct error err;

	if (staging->temporary && tree_delete(staging->parent, staging->temporary, &err) < 0)
		log_error(&err);
	free(staging->temporary);
	free(staging->name);
	cleanup_fd(&staging->fd);
	cleanup_fd(&staging->parent);
	*staging = STAGING_NONE;
}
