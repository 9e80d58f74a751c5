/* mount_remove.c - see mount_remove.h */
#include "linux/mount_remove.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "linux/inroot.h"
#include "linux/mount_kind.h"
#include "linux/tree.h"

/* umount2(2) takes paths only, so this is the one of our descriptor. */
int mount_detach(int fd, int procfs_fd)
{
	char path[32];

	snprintf(path, sizeof(path), "self/fd/%d", fd);
	return fchdir(procfs_fd) < 0 || umount2(path, MNT_DETACH) < 0 ? -errno : 0;
}

int mount_remove(int root_fd, const struct oci_mount *mount, int procfs_fd, struct error *err)
{
	auto_mount_options options = { 0 };
	char path[PATH_MAX];
	auto_fd fd = -1;
	int r;

	mount_options_parse(&mount->options, &options);
	if (inroot_clean(mount->destination, path) < 0)
		return fail(err, ENAMETOOLONG, "the destination's path is too long");
	if (strcmp(path, "/") == 0)
		return fail(err, EINVAL, "the root file system stays");
	fd = inroot_open_exact(root_fd, path,
			       O_PATH | (options.flags & MOUNT_DEST_NOFOLLOW ? O_NOFOLLOW : 0));
	if (fd == -ELOOP)
		return fail(err, ELOOP,
			    "'%s' is, or is behind, a symbolic link: nothing is unmounted but by its "
			    "own path",
			    path);
	if (fd < 0)
		return fail(err, -fd, "open '%s' in the root: %s", path, strerror(-fd));
	if (!tree_is_root(fd))
		return fail(err, EINVAL, "nothing is mounted there");
	r = mount_detach(fd, procfs_fd);
	return r < 0 ? fail(err, -r, "unmount '%s': %s", path, strerror(-r)) : 0;
}
