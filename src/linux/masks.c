/* masks.c - see masks.h */
#include "linux/masks.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/libc.h"
#include "base/text.h"
#include "linux/device_node.h"
#include "linux/inroot.h"
#include "linux/mount_fs.h"
#include "linux/tree.h"

/* What covers the paths, each made when the first path needs it. */
struct covers {
	int null_fd; /* the host's /dev/null */
	int dir_fd;  /* the empty tmpfs, attached on the first directory */
	const char *label;
};

/* The first directory gets the tmpfs itself: only an attached mount can be cloned before Linux
 * 6.15, and one superblock is enough for all (each costs its shrinker and its teardown). */
static int cover_dir(struct covers *c, int target_fd, struct error *err)
{
	auto_fd clone_fd = -1;
	int r;

	if (c->dir_fd < 0) {
		r = mount_fs_empty(c->label, &c->dir_fd, err);
		if (r < 0)
			return r;
		r = tree_attach(c->dir_fd, target_fd);
	} else {
		clone_fd = tree_clone(c->dir_fd, "", 0);
		r = clone_fd < 0 ? clone_fd : tree_attach(clone_fd, target_fd);
	}
	return r < 0 ? fail(err, -r, "cover it with an empty directory: %s", strerror(-r)) : 0;
}

static int cover_file(struct covers *c, int target_fd, struct error *err)
{
	auto_fd clone_fd = -1;
	int r;

	if (c->null_fd < 0) {
		r = device_node_open("/dev/null", S_IFCHR, makedev(1, 3), &c->null_fd, err);
		if (r < 0)
			return r;
	}
	clone_fd = tree_clone(c->null_fd, "", 0);
	r = clone_fd < 0 ? clone_fd : tree_attach(clone_fd, target_fd);
	return r < 0 ? fail(err, -r, "cover it with /dev/null: %s", strerror(-r)) : 0;
}

/* Opens a path of either list; 0: it is not there, 1: *ret_fd is.  A file is meant with a slash behind its
 * name, too: it must not go unmasked for that. */
static int open_path(int root_fd, const char *path, int *ret_fd, struct error *err)
{
	auto_free char *name = xstrdup(path);
	size_t len = strlen(name);
	int fd;

	while (len > 1 && name[len - 1] == '/')
		name[--len] = '\0';
	fd = inroot_open(root_fd, name, O_PATH);
	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd == -ELOOP)
		return fail(err, ELOOP,
			    "its links lead in a circle, or it needs one as '/proc/PID/exe' is, which may lead out of "
			    "the root and is not followed");
	if (fd < 0)
		return fail(err, -fd, "open it in the root: %s", strerror(-fd));
	*ret_fd = fd;
	return 1;
}

/* No link leads out of procfs and sysfs, where most of the paths are: so they need no further call. */
static bool is_root(int fd, int root_fd, const char *path)
{
	if ((str_after(path, "/proc/") || str_after(path, "/sys/")) && !strstr(path, ".."))
		return false;
	return tree_is_same(fd, root_fd);
}

static int mask_one(struct covers *c, int root_fd, const char *path, struct error *err)
{
	auto_fd fd = -1;
	struct stat st;
	int r = open_path(root_fd, path, &fd, err);

	if (r <= 0)
		return r;
	if (is_root(fd, root_fd, path))
		return fail(err, EINVAL,
			    "it is the root file system, of which nothing would be left");
	if (fstat(fd, &st) < 0)
		return fail_errno(err, "look at it");
	return S_ISDIR(st.st_mode) ? cover_dir(c, fd, err) : cover_file(c, fd, err);
}

int masked_paths_apply(int root_fd, const struct oci_strings *paths, const char *label,
		       struct error *err)
{
	struct covers covers = { .null_fd = -1, .dir_fd = -1, .label = label };
	int r = 0;

	for (size_t i = 0; i < paths->n && r >= 0; i++) {
		r = mask_one(&covers, root_fd, paths->items[i], err);
		if (r < 0) {
			fail_in(err, "mask '%s'", paths->items[i]);
			fail_place(err, "linux.maskedPaths[%zu]", i);
		}
	}
	cleanup_fd(&covers.null_fd);
	cleanup_fd(&covers.dir_fd);
	return r < 0 ? r : 0;
}

static int read_only_one(int root_fd, const char *path, struct error *err)
{
	auto_fd fd = -1, tree_fd = -1;
	int r = open_path(root_fd, path, &fd, err);

	if (r <= 0)
		return r;
	if (is_root(fd, root_fd, path)) {
		r = tree_change(root_fd, AT_RECURSIVE, MOUNT_ATTR_RDONLY, 0, 0);
		return r < 0 ? fail(err, -r, "change its flags: %s", strerror(-r)) : 0;
	}
	tree_fd = tree_clone(fd, "", AT_RECURSIVE);
	r = tree_fd < 0 ? tree_fd : tree_change(tree_fd, AT_RECURSIVE, MOUNT_ATTR_RDONLY, 0, 0);
	if (r >= 0)
		r = tree_attach(tree_fd, fd);
	return r < 0 ? fail(err, -r, "bind it on itself: %s", strerror(-r)) : 0;
}

int readonly_paths_apply(int root_fd, const struct oci_strings *paths, struct error *err)
{
	for (size_t i = 0; i < paths->n; i++)
		if (read_only_one(root_fd, paths->items[i], err) < 0) {
			fail_in(err, "make '%s' read-only", paths->items[i]);
			return fail_place(err, "linux.readonlyPaths[%zu]", i);
		}
	return 0;
}
