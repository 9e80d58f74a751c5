/* rootfs.c - see rootfs.h */
#include "linux/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/libc.h"
#include "base/text.h"
#include "linux/tree.h"

#define TYPE_OF(propagation) ((propagation) & ~(uint64_t) MS_REC)

int rootfs_propagation_parse(const char *name, uint64_t *ret)
{
	static const struct {
		char name[12];
		unsigned int type;
	} types[] = {
		{ "shared", MS_SHARED },
		{ "slave", MS_SLAVE },
		{ "private", MS_PRIVATE },
		{ "unbindable", MS_UNBINDABLE },
	};
	const char *base = name && *name == 'r' ? name + 1 : name;

	*ret = 0;
	if (!name || !*name)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(base, types[i].name) == 0) {
			*ret = types[i].type | (base != name ? MS_REC : 0);
			return 0;
		}
	return -EINVAL;
}

uint64_t rootfs_propagation_of_rows(uint64_t propagation)
{
	return propagation == (MS_SHARED | MS_REC) ? propagation : 0;
}

static int change(int dir_fd, const char *path, unsigned int flags, uint64_t propagation)
{
	struct mount_attr attr = { .propagation = propagation };

	return mount_setattr(dir_fd, path, flags, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

/* -EINVAL: there is nothing above, as at the top of a chroot(2). */
static int open_above(int fd)
{
	auto_fd up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat here, above;

	if (up < 0 || fstat(fd, &here) < 0 || fstat(up, &above) < 0)
		return -errno;
	return file_is_same(&here, &above) ? -EINVAL : TAKE_FD(up);
}

/* Makes the mount that holds fd private, whose root is fd or a directory above it. */
static int make_holder_private(int fd, struct error *err)
{
	auto_fd at = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	int r;

	if (at < 0)
		return fail_errno(err, "duplicate a descriptor");
	while (at >= 0 && !tree_is_root(at)) {
		int up = open_above(at);

		close(at);
		at = up;
	}
	if (at == -EINVAL)
		return fail(err, EINVAL,
			    "the mount that holds the root file system begins outside of the "
			    "runtime's own root, so it cannot be made private");
	r = at < 0 ? at : change(at, "", AT_EMPTY_PATH, MS_PRIVATE);
	return r < 0 ? fail(err, -r, "make the mount that holds the root file system private: %s",
			    strerror(-r))
		     : 0;
}

/* Nothing mounted from now on may show on the host. */
static int cut_off(int fd, uint64_t propagation, struct error *err)
{
	uint64_t type = TYPE_OF(propagation);
	int r;

	if (type == MS_SHARED)
		return make_holder_private(fd, err);
	r = change(AT_FDCWD, "/", AT_RECURSIVE,
		   type == MS_PRIVATE || type == MS_UNBINDABLE ? MS_PRIVATE : MS_SLAVE);
	if (r == -ENOSYS)
		return fail(err, ENOSYS,
			    "cut the host's mounts off: Linux has mount_setattr(2) since 5.12, which "
			    "is needed");
	return r < 0 ? fail(err, -r, "cut the host's mounts off: %s", strerror(-r)) : 0;
}

/* What is below it already.  It is not shared itself before pivot_root(2), which takes no such root. */
static int share_below(int tree_fd)
{
	int r = change(tree_fd, "", AT_EMPTY_PATH | AT_RECURSIVE, MS_SHARED);

	return r < 0 ? r : change(tree_fd, "", AT_EMPTY_PATH, MS_PRIVATE);
}

int rootfs_open(const char *path, uint64_t propagation, int *ret_root_fd, struct error *err)
{
	auto_fd fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_fd tree_fd = -1;
	int r;

	if (fd < 0)
		return fail_errno(err, "open the root file system '%s'", path);
	if (cut_off(fd, propagation, err) < 0)
		return -err->code;
	tree_fd = tree_clone(fd, "", AT_RECURSIVE);
	r = tree_fd < 0 ? tree_fd : 0;
	if (r == 0 && rootfs_propagation_of_rows(propagation))
		r = share_below(tree_fd);
	if (r == 0)
		r = tree_attach(tree_fd, fd);
	if (r < 0)
		return fail(err, -r, "bind the root file system '%s': %s", path, strerror(-r));
	*ret_root_fd = TAKE_FD(tree_fd);
	return 0;
}

/* The old root goes on top of the new one and is let go from there; whatever is still shared with
 * the host must not be unmounted there too. */
static int pivot(struct error *err)
{
	auto_fd old_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (old_fd < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return fail_errno(err, "pivot to the root file system");
	r = change(old_fd, "", AT_EMPTY_PATH | AT_RECURSIVE, MS_SLAVE);
	if (r < 0)
		return fail(err, -r, "cut the host's mounts off: %s", strerror(-r));
	if (umount2(".", MNT_DETACH) < 0)
		return fail_errno(err, "let the host's mounts go");
	return 0;
}

/* What stays below is out of sight; the host's procfs and sysfs go all the same, for while one is
 * there a user namespace may mount its own, unmasked.  Where they are locked they must stay. */
static int move_over(int root_fd, struct error *err)
{
	umount2("/proc", MNT_DETACH);
	umount2("/sys", MNT_DETACH);
	if (move_mount(root_fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return fail_errno(err, "move the root file system to '/'");
	return chroot(".") < 0 ? fail_errno(err, "change the root") : 0;
}

int rootfs_pivot(int root_fd, bool no_pivot, struct error *err)
{
	if (fchdir(root_fd) < 0)
		return fail_errno(err, "enter the root file system");
	if ((no_pivot ? move_over(root_fd, err) : pivot(err)) < 0)
		return -err->code;
	return chdir("/") < 0 ? fail_errno(err, "enter the new root") : 0;
}

int rootfs_propagation_apply(uint64_t propagation, struct error *err)
{
	const bool is_below = propagation == (MS_UNBINDABLE | MS_REC);
	int r = 0;

	if (propagation)
		r = change(AT_FDCWD, "/", is_below ? AT_RECURSIVE : 0, TYPE_OF(propagation));
	return r < 0 ? fail(err, -r, "set the propagation of '/': %s", strerror(-r)) : 0;
}

int rootfs_readonly_apply(struct error *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	if (mount_setattr(AT_FDCWD, "/", 0, &attr, sizeof(attr)) < 0)
		return fail_errno(err, "make '/' read-only");
	return 0;
}
