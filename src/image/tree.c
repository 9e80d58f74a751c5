/* tree.c - see tree.h */
#include "image/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "image/file_copy.h"
#include "image/member_path.h"
#include "image/overlay_marks.h"
#include "image/overlay_view.h"
#include "image/xattrs.h"
#include "linux/inroot.h"

/* How many directories deep fd lies on the host; UINT_MAX when too deep for a path. */
static unsigned int depth_of(int fd)
{
	char link[FD_PATH_MAX], path[PATH_MAX];
	unsigned int depth = 0;
	ssize_t len;

	fd_path(fd, link);
	len = readlink(link, path, sizeof(path));
	if (len < 0 || len == sizeof(path))
		return UINT_MAX;
	for (ssize_t i = 0; i < len; i++)
		depth += path[i] == '/';
	return depth;
}

void tree_init(struct tree *tree, int root_fd)
{
	*tree = TREE_NONE;
	tree->root = root_fd;
	tree->is_privileged = geteuid() == 0;
	tree->root_depth = depth_of(root_fd);
}

int tree_unlock(const struct tree *tree, int fd, const struct stat *was)
{
	char link[FD_PATH_MAX];

	if (tree->is_privileged || (was->st_mode & S_IRWXU) == S_IRWXU)
		return 0;
	fd_path(fd, link);
	return chmod(link, (was->st_mode & 07777) | S_IRWXU) < 0 ? -errno : 0;
}

int tree_restore(const struct tree *tree, int fd, const struct stat *was)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, was->st_mtim };
	char link[FD_PATH_MAX];

	if (utimensat(fd, "", times, AT_EMPTY_PATH) < 0)
		return -errno;
	if (tree->is_privileged || (was->st_mode & S_IRWXU) == S_IRWXU)
		return 0;
	fd_path(fd, link);
	return chmod(link, was->st_mode & 07777) < 0 ? -errno : 0;
}

/* Links may lead deeper than the path's own length says. */
static int check_depth(const struct tree *tree, int fd, struct error *err)
{
	unsigned int depth = depth_of(fd);

	if (depth != UINT_MAX && depth - tree->root_depth <= DEPTH_MAX)
		return 0;
	return fail_as(err, ERROR_IMAGE, EINVAL, "the directory lies more than %d deep", DEPTH_MAX);
}

static int open_directory(const struct tree *tree, const char *path, int *ret_fd, struct error *err)
{
	auto_fd fd = inroot_open_exact(tree->root, path, O_PATH | O_DIRECTORY);
	bool has_link = fd == -ELOOP;

	if (has_link)
		fd = inroot_open(tree->root, path, O_PATH | O_DIRECTORY);
	if (fd < 0)
		return fail(err, -fd, "open the directory '%s': %s", path, strerror(-fd));
	if (has_link && check_depth(tree, fd, err) < 0)
		return -err->code;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int tree_copy_looks(const struct tree *tree, struct error *err)
{
	struct stat st;
	int r = 0;

	if (!tree->n_lowers)
		return 0;
	r = fstat(tree->lowers[0], &st) < 0
		    ? -errno
		    : file_copy_attributes(tree->lowers[0], &st, tree->root, ".");
	return r < 0 ? fail(err, -r, "prepare the root of a layer: %s", strerror(-r)) : 0;
}

/* Makes a directory that no entry describes: root's, or the caller's own, and 0755, whatever the directory
 * above hands down. */
static int make_plain(const struct tree *tree, const char *name)
{
	struct stat st;

	if (mkdirat(tree->dir, name, 0755) < 0)
		return -errno;
	if (tree->hands_down_acls)
		xattrs_forget_acls(tree->dir, name);
	if (fstatat(tree->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	/* a set-group-id directory hands down its group; -EPERM, -EINVAL: it is not ours to change */
	if (st.st_gid != getegid() &&
	    fchownat(tree->dir, name, (uid_t) -1, getegid(), AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno != EPERM && errno != EINVAL)
		return -errno;
	return (st.st_mode & 07777) != 0755 && fchmodat(tree->dir, name, 0755, 0) < 0 ? -errno : 0;
}

/* Makes dir/name where there may be a whiteout, which then hides what is below by another mark. */
static int make_over_whiteout(const struct tree *tree, const char *name)
{
	auto_fd fd = -1;
	struct stat st;
	int r;

	if (fstatat(tree->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !overlay_is_whiteout(&st))
		return -EEXIST;
	if (unlinkat(tree->dir, name, 0) < 0)
		return -errno;
	r = make_plain(tree, name);
	if (r < 0)
		return r;
	fd = openat(tree->dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : overlay_make_opaque(fd);
}

/* A directory that only leads to a layer's files looks as the one it will cover. */
static int cover(const struct tree *tree, const char *path, const char *name)
{
	auto_overlay_found below = OVERLAY_FOUND_NONE;
	int r = overlay_find(tree, path, false, &below);

	if (r < 0)
		return r;
	r = make_plain(tree, name);
	if (r < 0)
		return r != -EEXIST ? r : make_over_whiteout(tree, name);
	return below.fd < 0 ? 0 : file_copy_attributes(below.fd, &below.st, tree->dir, name);
}

/* Makes a directory that is missing, in its own parent, so that this one keeps its time. */
static int make_directory(struct tree *tree, const char *path, struct error *err)
{
	auto_free char *parent = xstrdup(path);
	char *slash = strrchr(parent, '/');
	const char *name = slash ? path + (slash + 1 - parent) : path;
	int r;

	if (slash)
		*slash = '\0';
	if (tree_enter(tree, slash ? parent : "", TREE_MAKE, err) < 0)
		return -err->code;
	r = tree->is_overlay ? cover(tree, path, name) : make_plain(tree, name);
	if (r == -EEXIST)
		return fail(err, EEXIST, "'%s' is a link that leads nowhere", path);
	if (r < 0)
		return fail(err, -r, "make the directory '%s': %s", path, strerror(-r));
	return tree_leave(tree, err);
}

static int open_or_make(struct tree *tree, const char *path, enum tree_missing missing, int *ret_fd,
			struct error *err)
{
	int r = open_directory(tree, path, ret_fd, err);

	if (r != -ENOENT || missing != TREE_MAKE)
		return r;
	r = make_directory(tree, path, err);
	return r < 0 ? r : open_directory(tree, path, ret_fd, err);
}

/* Where the layer itself has no such directory, those below say where the path leads. */
static int open_in_layer(struct tree *tree, const char *path, int *ret_fd, struct error *err)
{
	auto_overlay_found found = OVERLAY_FOUND_NONE;
	int r;

	*ret_fd = inroot_open_exact(tree->root, path, O_PATH | O_DIRECTORY);
	if (*ret_fd >= 0)
		return 0;
	r = overlay_find(tree, path, true, &found);
	if (r == 0 && found.fd >= 0 && !S_ISDIR(found.st.st_mode))
		r = -ENOTDIR;
	if (r == -EEXIST)
		return fail(err, EEXIST, "'%s' is a link that leads nowhere", path);
	if (r < 0)
		return fail(err, -r, "open the directory '%s': %s", path, strerror(-r));
	if (!found.is_here || found.fd < 0)
		r = make_directory(tree, found.path, err);
	return r < 0 ? r : open_directory(tree, found.path, ret_fd, err);
}

int tree_enter(struct tree *tree, const char *path, enum tree_missing missing, struct error *err)
{
	auto_fd fd = -1;
	int r;

	if (tree->dir >= 0 && strcmp(tree->dir_path, path) == 0)
		return 0;
	if (tree_leave(tree, err) < 0)
		return -err->code;
	r = tree->is_overlay ? open_in_layer(tree, path, &fd, err)
			     : open_or_make(tree, path, missing, &fd, err);
	if (r < 0)
		return r;
	r = fstat(fd, &tree->dir_was) < 0 ? -errno : tree_unlock(tree, fd, &tree->dir_was);
	if (r < 0)
		return fail(err, -r, "prepare the directory '%s': %s", path, strerror(-r));
	snprintf(tree->dir_path, sizeof(tree->dir_path), "%s", path);
	tree->hands_down_acls = xattrs_have_default_acl(fd);
	tree->dir = TAKE_FD(fd);
	return 0;
}

int tree_leave(struct tree *tree, struct error *err)
{
	auto_fd fd = TAKE_FD(tree->dir);
	int r = fd < 0 ? 0 : tree_restore(tree, fd, &tree->dir_was);

	if (r < 0)
		return fail(err, -r, "set the time of the directory '%s': %s", tree->dir_path,
			    strerror(-r));
	return 0;
}

int tree_remove(struct tree *tree, const char *name, struct error *err)
{
	if (unlinkat(tree->dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return fail_errno(err, "remove what was there before");
	return tree_delete(tree->dir, name, err);
}

/* Makes every directory from dirfd/name down writable. */
static void unlock_below(int dirfd_, const char *name)
{
	auto_fd fd = -1;
	auto_dir *dir = NULL;
	struct dirent *entry;
	char link[FD_PATH_MAX];

	fd = openat(dirfd_, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	fd_path(fd, link);
	chmod(link, S_IRWXU);
	dir = opendir(link);
	while (dir && (entry = readdir(dir)))
		if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			unlock_below(dirfd(dir), entry->d_name);
}

int tree_delete(int dirfd, const char *name, struct error *err)
{
	int r = dir_remove(dirfd, name, err);

	if (r != -EACCES || geteuid() == 0)
		return r;
	unlock_below(dirfd, name);
	return dir_remove(dirfd, name, err);
}

void tree_release(struct tree *tree)
{
	cleanup_fd(&tree->dir);
}
