/* devices.c - see devices.h */
#include "linux/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "linux/device_node.h"
#include "linux/inroot.h"
#include "linux/tree.h"

/* A node to be made. */
struct node {
	const char *path; /* as configured; also the host's node, should it be bound */
	mode_t mode;	  /* with the type */
	dev_t rdev;
	uid_t uid;
	gid_t gid;
	bool is_default; /* what the image left in its way is replaced; a mount stays */
};

/* clang-format off */
static const struct {
	char path[13];
	uint8_t major, minor;
} default_devices[] = {
	{ "/dev/null", 1, 3 },
	{ "/dev/zero", 1, 5 },
	{ "/dev/full", 1, 7 },
	{ "/dev/random", 1, 8 },
	{ "/dev/urandom", 1, 9 },
	{ "/dev/tty", 5, 0 },
};

static const struct {
	char path[12], target[16];
} links[] = {
	{ "/dev/fd", "/proc/self/fd" },
	{ "/dev/stdin", "/proc/self/fd/0" },
	{ "/dev/stdout", "/proc/self/fd/1" },
	{ "/dev/stderr", "/proc/self/fd/2" },
	{ "/dev/ptmx", "pts/ptmx" },
};
/* clang-format on */

/* The kernel's limits for the two numbers (MINORBITS is 20). */
#define MAJOR_MAX ((1 << 12) - 1)
#define MINOR_MAX ((1 << 20) - 1)

/* 0 when the specification does not know the type. */
static mode_t type_of(const char *type)
{
	if (str_equal(type, "c") || str_equal(type, "u"))
		return S_IFCHR;
	if (str_equal(type, "b"))
		return S_IFBLK;
	return str_equal(type, "p") ? S_IFIFO : 0;
}

static int check_number(const struct oci_i64 *number, int64_t max, const char *at, const char *what,
			struct error *err)
{
	char path[128];

	if (number->is_set && number->value >= 0 && number->value <= max)
		return 0;
	snprintf(path, sizeof(path), "%s.%s", at, what);
	if (!number->is_set)
		return fail_at(err, EINVAL, path, "a device has a %s number", what);
	return fail_at(err, ERANGE, path, "%lld is no %s number", (long long) number->value, what);
}

static int check_owner(const struct oci_u32 *id, const char *at, const char *what,
		       struct error *err)
{
	char path[128];

	if (!id->is_set || id->value != UINT32_MAX)
		return 0;
	snprintf(path, sizeof(path), "%s.%s", at, what);
	return fail_at(err, EINVAL, path, "%u is no id", id->value);
}

static int check_one(const struct oci_device *device, const char *at, struct error *err)
{
	char path[128];
	mode_t type = type_of(device->type);

	snprintf(path, sizeof(path), "%s.type", at);
	if (!type)
		return fail_at(err, EINVAL, path, "'%s' is none of c, u, b and p",
			       device->type ? device->type : "");
	snprintf(path, sizeof(path), "%s.path", at);
	if (!device->path || device->path[0] != '/')
		return fail_at(err, EINVAL, path, "'%s' is not an absolute path",
			       device->path ? device->path : "");
	if (check_owner(&device->uid, at, "uid", err) < 0 ||
	    check_owner(&device->gid, at, "gid", err) < 0)
		return -err->code;
	if (type == S_IFIFO)
		return 0;
	if (check_number(&device->major, MAJOR_MAX, at, "major", err) < 0 ||
	    check_number(&device->minor, MINOR_MAX, at, "minor", err) < 0)
		return -err->code;
	return 0;
}

int devices_check(const struct oci_device *devices, size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		char at[64];

		snprintf(at, sizeof(at), "linux.devices[%zu]", i);
		if (check_one(&devices[i], at, err) < 0)
			return -err->code;
	}
	return 0;
}

static int open_dev(int root_fd, int *ret_fd, struct error *err)
{
	int fd = inroot_open_exact(root_fd, "/dev", O_PATH | O_DIRECTORY);

	if (fd == -ENOENT) {
		int made = -1;

		if (inroot_make_dir(root_fd, "/dev", 0755, &made, err) < 0)
			return -err->code;
		close(made);
		fd = inroot_open_exact(root_fd, "/dev", O_PATH | O_DIRECTORY);
	}
	if (fd < 0)
		return fail(err, -fd, "open '/dev' in the root, which must be a directory: %s",
			    strerror(-fd));
	*ret_fd = fd;
	return 0;
}

/* Binds node_fd, the host's node or terminal, on dir_fd/name, where an empty file is made; not
 * over a mount that stays. */
static int bind_node(int node_fd, int dir_fd, const char *name, bool mount_stays)
{
	auto_fd target_fd = -1, tree_fd = -1;
	bool is_found = mknodat(dir_fd, name, S_IFREG | 0666, 0) < 0;

	if (is_found && errno != EEXIST)
		return -errno;
	target_fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (target_fd < 0)
		return -errno;
	if (is_found && mount_stays && tree_is_root(target_fd))
		return 0;
	tree_fd = tree_clone(node_fd, "", 0);
	return tree_fd < 0 ? tree_fd : tree_attach(tree_fd, target_fd);
}

static bool is_node(const struct node *node, const struct stat *st)
{
	return (st->st_mode & S_IFMT) == (node->mode & S_IFMT) &&
	       (S_ISFIFO(st->st_mode) || st->st_rdev == node->rdev);
}

/* Owner and mode of a node that was made or found; root's own need no call.  By descriptor, and of
 * nothing but the node: who shares the directory may have put a link, or another file, in its
 * place.  One that a mount has put there is the host's, which is not ours to change. */
static int own_node(const struct node *node, int dir_fd, const char *name, bool is_found)
{
	char path[sizeof("/proc/self/fd/2147483647")];
	auto_fd fd = -1;
	struct stat st;

	if (node->uid == 0 && node->gid == 0 && !is_found)
		return 0;
	fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!is_node(node, &st))
		return -EEXIST;
	if (is_found && tree_is_root(fd))
		return 0;
	if (fchownat(fd, "", node->uid, node->gid, AT_EMPTY_PATH) < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return is_found && chmod(path, node->mode & 07777) < 0 ? -errno : 0;
}

/* What a mount of config.json has put where a default or a link belongs is meant to be there. */
static bool is_mounted(int dir_fd, const char *name)
{
	auto_fd fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && tree_is_root(fd);
}

/* What the image left there: a file, or an empty directory. */
static int take_away(int dir_fd, const char *name)
{
	if (unlinkat(dir_fd, name, 0) == 0)
		return 0;
	return errno == EISDIR ? unlinkat(dir_fd, name, AT_REMOVEDIR) : -1;
}

/* Something is there: 1 if it is the node, 0 if it was taken away. */
static int meet_existing(const struct node *node, int dir_fd, const char *name, struct error *err)
{
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(err, "look at '%s' in the root", node->path);
	if (is_node(node, &st))
		return 1;
	if (!node->is_default)
		return fail(err, EEXIST, "the root has another file at '%s'", node->path);
	if (take_away(dir_fd, name) < 0)
		return fail_errno(err, "replace '%s' in the root", node->path);
	return 0;
}

/* A directory: no node can be bound there. */
static bool is_directory(int dir_fd, const char *name)
{
	struct stat st;

	return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static int bind_host_node(const struct node *node, int dir_fd, const char *name, struct error *err)
{
	auto_fd fd = -1;
	int r;

	if (device_node_open(node->path, node->mode & S_IFMT, node->rdev, &fd, err) < 0)
		return -err->code;
	if (is_directory(dir_fd, name) && !(node->is_default && is_mounted(dir_fd, name)) &&
	    meet_existing(node, dir_fd, name, err) < 0)
		return -err->code;
	r = bind_node(fd, dir_fd, name, node->is_default);
	return r < 0 ? fail(err, -r, "bind the host's '%s': %s", node->path, strerror(-r)) : 0;
}

/* A second round only behind an unlink. */
static int make_node(const struct node *node, int dir_fd, const char *name, bool can_mknod,
		     struct error *err)
{
	bool is_found = false;
	int r = 0;

	for (int round = 0; round < 2 && !r; round++) {
		if (!can_mknod && !S_ISFIFO(node->mode))
			return bind_host_node(node, dir_fd, name, err);
		if (mknodat(dir_fd, name, node->mode, node->rdev) == 0)
			r = 1;
		else if (errno == EPERM)
			can_mknod = false;
		else if (errno != EEXIST)
			return fail_errno(err, "make the device '%s'", node->path);
		else if (node->is_default && is_mounted(dir_fd, name))
			return 0;
		else if ((r = meet_existing(node, dir_fd, name, err)) < 0)
			return r;
		else
			is_found = r;
	}
	if (!r)
		return fail(err, EEXIST, "make the device '%s': it comes back", node->path);
	r = own_node(node, dir_fd, name, is_found);
	return r < 0 ? fail(err, -r, "set the owner and mode of '%s': %s", node->path, strerror(-r))
		     : 0;
}

/* That is the link to the container's own, as with runc: the host's node, bound, finds no devpts beside it and
 * cannot be opened.  Who lists all devices of the host lists it, too. */
static bool is_multiplexer(const struct oci_device *device)
{
	return strcmp(device->path, "/dev/ptmx") == 0 && type_of(device->type) == S_IFCHR &&
	       device->major.value == 5 && device->minor.value == 2;
}

static bool is_configured(const struct oci_device *devices, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(devices[i].path, path) == 0)
			return !is_multiplexer(&devices[i]);
	return false;
}

static int make_defaults(int dev_fd, const struct oci_device *devices, size_t n, bool can_mknod,
			 struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(default_devices); i++) {
		const char *path = default_devices[i].path;
		const struct node node = {
			.path = path,
			.mode = S_IFCHR | 0666,
			.rdev = makedev(default_devices[i].major, default_devices[i].minor),
			.is_default = true,
		};

		if (!is_configured(devices, n, path) &&
		    make_node(&node, dev_fd, path + strlen("/dev/"), can_mknod, err) < 0)
			return -err->code;
	}
	return 0;
}

static int make_configured(int root_fd, int dev_fd, const struct oci_device *device, bool can_mknod,
			   struct error *err)
{
	const struct node node = {
		.path = device->path,
		.mode = type_of(device->type) |
			(device->file_mode.is_set ? device->file_mode.value & 07777 : 0666),
		.rdev = makedev((unsigned int) device->major.value,
				(unsigned int) device->minor.value),
		.uid = device->uid.value,
		.gid = device->gid.value,
	};
	const char *name = str_after(device->path, "/dev/");
	auto_fd dir_fd = -1;

	if (is_multiplexer(device))
		return 0;
	if (name && *name && !strchr(name, '/'))
		return make_node(&node, dev_fd, name, can_mknod, err);
	if (inroot_make_parent(root_fd, device->path, &dir_fd, &name, err) < 0)
		return -err->code;
	return make_node(&node, dir_fd, name, can_mknod, err);
}

static bool is_link_to(int dir_fd, const char *name, const char *target)
{
	char now[32];
	ssize_t n = readlinkat(dir_fd, name, now, sizeof(now));

	return n == (ssize_t) strlen(target) && memcmp(now, target, (size_t) n) == 0;
}

static int make_link(int dev_fd, const char *path, const char *target, struct error *err)
{
	const char *name = path + strlen("/dev/");
	int r = symlinkat(target, dev_fd, name);

	if (r < 0 && errno == EEXIST) {
		if (is_link_to(dev_fd, name, target) || is_mounted(dev_fd, name))
			return 0;
		r = take_away(dev_fd, name) < 0 ? -1 : symlinkat(target, dev_fd, name);
	}
	return r < 0 ? fail_errno(err, "make the link '%s'", path) : 0;
}

static int make_all(int root_fd, const struct oci_device *devices, size_t n, bool can_mknod,
		    struct error *err)
{
	auto_fd dev_fd = -1;

	if (open_dev(root_fd, &dev_fd, err) < 0 ||
	    make_defaults(dev_fd, devices, n, can_mknod, err) < 0)
		return -err->code;
	for (size_t i = 0; i < n; i++)
		if (make_configured(root_fd, dev_fd, &devices[i], can_mknod, err) < 0) {
			fail_in(err, "linux.devices[%zu]", i);
			return fail_place(err, "linux.devices[%zu]", i);
		}
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (!is_configured(devices, n, links[i].path) &&
		    make_link(dev_fd, links[i].path, links[i].target, err) < 0)
			return -err->code;
	return 0;
}

int devices_apply(int root_fd, const struct oci_device *devices, size_t n, bool in_user_ns,
		  struct error *err)
{
	/* Modes are exact without a chmod for each. */
	mode_t mask = umask(0);
	int r = make_all(root_fd, devices, n, !in_user_ns, err);

	umask(mask);
	return r;
}

int console_apply(int root_fd, int slave_fd, struct error *err)
{
	auto_fd dev_fd = -1;
	struct stat st;
	int r;

	if (open_dev(root_fd, &dev_fd, err) < 0)
		return -err->code;
	if (fstatat(dev_fd, "console", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode) &&
	    unlinkat(dev_fd, "console", 0) < 0)
		return fail_errno(err, "replace the link '/dev/console'");
	r = bind_node(slave_fd, dev_fd, "console", false);
	return r < 0 ? fail(err, -r, "bind the terminal on '/dev/console': %s", strerror(-r)) : 0;
}
