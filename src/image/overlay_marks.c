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
#include "base/text.h"
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

/* Where lower layers have nothing there is no whiteout: in a directory that is of one layer only overlayfs
 * would list it. */
int overlay_hide_name(const struct tree *tree, const char *name)
{
	auto_free char *path = xasprintf("%s/%s", tree->dir_path, name);
	auto_overlay_found found = OVERLAY_FOUND_NONE;
	int r = overlay_find(tree, path, false, &found);

	if (r < 0 || found.fd < 0)
		return r;
	if (!found.is_here)
		return mknodat(tree->dir, name, S_IFCHR, makedev(0, 0)) < 0 ? -errno : 0;
	return S_ISDIR(found.st.st_mode) ? overlay_make_opaque(found.fd) : 0;
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
		 const struct name_set *made, struct error *err)
{
	int r = is_directory(tree, path->parent);

	/* Where there is no such directory, there is nothing to hide. */
	if (r == 0)
		return 0;
	if (r < 0)
		return fail(err, -r, "open the directory '%s': %s", path->parent, strerror(-r));
	if (tree_enter(tree, path->parent, TREE_MAKE, err) < 0)
		return -err->code;
	/* marks of before, and directories that only lead to them, would be seen where nothing is below */
	r = whiteout_remove(tree, path, kind, made);
	if (r == 0)
		r = kind == WHITEOUT_OPAQUE ? overlay_make_opaque(tree->dir)
					    : overlay_hide_name(tree, path->name + strlen(PREFIX));
	return r < 0 ? fail(err, -r, "hide what lower layers have left: %s", strerror(-r)) : 0;
}
