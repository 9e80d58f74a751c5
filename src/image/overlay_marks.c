/* overlay_marks.c - see overlay_marks.h */
#include "image/overlay_marks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "image/overlay_view.h"

#define PREFIX ".wh."

bool overlay_uses_userxattr(void)
{
	unsigned long first, host, n;
	char map[128];

	if (file_peek(AT_FDCWD, "/proc/self/uid_map", map, sizeof(map)) < 0 ||
	    sscanf(map, "%lu %lu %lu", &first, &host, &n) != 3)
		return true;
	return first != 0 || host != 0 || n != UINT32_MAX;
}

static const char *opaque_name(void)
{
	return overlay_uses_userxattr() ? "user.overlay.opaque" : "trusted.overlay.opaque";
}

bool overlay_is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

int overlay_make_opaque(int fd)
{
	char path[FD_PATH_MAX];

	fd_path(fd, path);
	return setxattr(path, opaque_name(), "y", 1, 0) < 0 ? -errno : 0;
}

bool overlay_is_opaque(int fd)
{
	char path[FD_PATH_MAX], value;

	fd_path(fd, path);
	return getxattr(path, opaque_name(), &value, 1) == 1 && value == 'y';
}

/* Hides `name`.  What the layer has made by that name stays, and if it is a directory nothing of
 * lower layers is seen in it. */
static int hide_name(const struct tree *tree, const char *name)
{
	struct stat st;
	auto_fd fd = -1;

	if (mknodat(tree->dir, name, S_IFCHR, makedev(0, 0)) == 0)
		return 0;
	if (errno != EEXIST || fstatat(tree->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return 0;
	fd = openat(tree->dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : overlay_make_opaque(fd);
}

/* Returns 1, 0 or -errno. */
static int is_directory(const struct tree *tree, const char *path)
{
	auto_overlay_found found = OVERLAY_FOUND_NONE;
	int r;

	if (tree->dir >= 0 && strcmp(tree->dir_path, path) == 0)
		return 1;
	r = overlay_find(tree, path, true, &found);
	if (r == -EEXIST || r == -ENOTDIR)
		return 0;
	return r < 0 ? r : found.fd >= 0 && S_ISDIR(found.st.st_mode);
}

int overlay_hide(struct tree *tree, const struct member_path *path, enum whiteout kind,
		 struct error *err)
{
	int r = is_directory(tree, path->parent);

	/* Where there is no such directory, there is nothing to hide. */
	if (r == 0)
		return 0;
	if (r < 0)
		return fail(err, -r, "open the directory '%s': %s", path->parent, strerror(-r));
	r = 0;
	if (tree_enter(tree, path->parent, TREE_MAKE, err) < 0)
		return -err->code;
	if (kind == WHITEOUT_OPAQUE)
		r = overlay_make_opaque(tree->dir);
	else if (kind == WHITEOUT_NAME)
		r = hide_name(tree, path->name + strlen(PREFIX));
	return r < 0 ? fail(err, -r, "hide what lower layers have left: %s", strerror(-r)) : 0;
}
