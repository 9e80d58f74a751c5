/* tree.c - see tree.h */
#include "linux/tree.h"

#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "base/libc.h"

int tree_clone(int dir_fd, const char *path, unsigned int flags)
{
	int fd;

	if (!*path)
		flags |= AT_EMPTY_PATH;
	fd = open_tree(dir_fd, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);
	return fd < 0 ? -errno : fd;
}

int tree_change(int fd, unsigned int flags, uint64_t set, uint64_t clear, uint64_t propagation)
{
	struct mount_attr attr = {
		.attr_set = set,
		.attr_clr = clear,
		.propagation = propagation,
	};

	return mount_setattr(fd, "", AT_EMPTY_PATH | flags, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

bool tree_is_root(int fd)
{
	struct statx stx;

	return statx(fd, "", AT_EMPTY_PATH, 0, &stx) == 0 &&
	       stx.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

bool tree_is_same(int fd, int other_fd)
{
	struct stat st, other;
	struct statx a, b;

	/* most are not */
	if (fstat(fd, &st) < 0 || fstat(other_fd, &other) < 0 || !file_is_same(&st, &other))
		return false;
	return statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &a) == 0 &&
	       statx(other_fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &b) == 0 &&
	       a.stx_mnt_id == b.stx_mnt_id;
}

int tree_attach(int tree_fd, int target_fd)
{
	return move_mount(tree_fd, "", target_fd, "",
			  MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0
		       ? -errno
		       : 0;
}
