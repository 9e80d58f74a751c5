/* root_mount.c - see root_mount.h */
#include "image/root_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/libc.h"
#include "base/process.h"
#include "base/text.h"
#include "image/block_image.h"
#include "image/bundle_record.h"
#include "image/file_copy.h"
#include "image/lists.h"
#include "image/overlay_marks.h"
#include "image/store.h"
#include "libocispec/desc.h"
#include "libocispec/document.h"
#include "linux/mount_block.h"
#include "linux/mount_fs.h"
#include "linux/tree.h"

#define RECORD "mount.json"
#define RECORD_MAX ((size_t) 1 << 20)

/* clang-format off */
static OCI_DESC(root_mount,
		OCI_F(root_mount, driver, "driver", REQUIRED, ONE_OF("overlay erofs")),
		OCI_F(root_mount, layers, "layers"),
		OCI_F(root_mount, images, "images"),
		OCI_F(root_mount, verity, "verity"),
		OCI_F(root_mount, store, "store"),
		OCI_F(root_mount, is_temporary, "temporary"));
/* clang-format on */

void root_mount_release(struct root_mount *mount)
{
	oci_release(&root_mount_desc, mount);
}

int root_mount_write(int bundle_fd, const struct root_mount *mount, struct error *err)
{
	static const char *const names[] = { "rootfs", "upper", "work", "images" };
	size_t n = mount->images.n ? ARRAY_SIZE(names) : ARRAY_SIZE(names) - 1;
	auto_free char *json = NULL;
	size_t len;
	int r;

	for (size_t i = 0; i < n; i++)
		if (mkdirat(bundle_fd, names[i], 0755) < 0)
			return fail_errno(err, "make the bundle's directory '%s'", names[i]);
	r = oci_print(&root_mount_desc, mount, OCI_PRINT_PRETTY, &json, &len);
	if (r < 0)
		return fail(err, -r, "print " RECORD ": %s", strerror(-r));
	return file_replace(bundle_fd, RECORD, json, len, 0644, err);
}

int root_mount_read(int bundle_fd, struct root_mount *ret, struct error *err)
{
	auto_free char *json = NULL;
	struct oci_error why;
	size_t len;
	int r;

	if (file_read(bundle_fd, RECORD, RECORD_MAX, &json, &len, err) < 0)
		return fail_class(err, ERROR_BUNDLE, RECORD);
	r = oci_parse(&root_mount_desc, ret, json, len, &why);
	return r < 0 ? fail_as(err, ERROR_BUNDLE, -r, RECORD ": %s: %s", why.path, why.text) : 0;
}

/* Whether the bundle's directory `name` is a mount's root; *ret_fd is open on it. */
static bool is_mounted(int bundle_fd, const char *name, int *ret_fd)
{
	struct statx at = { 0 };

	*ret_fd = openat(bundle_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret_fd >= 0 && statx(*ret_fd, "", AT_EMPTY_PATH, 0, &at) == 0 &&
	       (at.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* By paths the kernel finds the directories of the overlay. */
int path_of_fd(int fd, char ret[PATH_MAX], struct error *err)
{
	char link[FD_PATH_MAX];
	ssize_t len;

	fd_path(fd, link);
	len = readlink(link, ret, PATH_MAX - 1);
	if (len < 0)
		return fail_errno(err, "find the bundle's path");
	ret[len] = '\0';
	return 0;
}

/* Overlayfs takes a backslash before what would separate options or layers, in all its options but
 * "lowerdir+". */
static char *escaped(const char *path)
{
	struct str text = { 0 };

	str_append(&text, "", 0);
	for (; *path; path++)
		str_printf(&text, "%s%c", strchr("\\,:", *path) ? "\\" : "", *path);
	return text.data;
}

static void add_option(struct oci_strings *options, const char *name, const char *bundle,
		       const char *directory)
{
	auto_free char *path = escaped(bundle);

	strings_add(options, xasprintf("%s=%s/%s", name, path, directory));
}

/* One option a layer, which kernels know from 6.5 on, or all in one string. */
static void overlay_options(const struct oci_strings *layers, const char *bundle, bool is_one,
			    struct oci_strings *ret)
{
	auto_str joined = { 0 };

	for (size_t i = 0; i < layers->n; i++) {
		auto_free char *path = is_one ? escaped(layers->items[i]) : NULL;

		if (is_one)
			str_printf(&joined, "%s%s", i ? ":" : "lowerdir=", path);
		else
			strings_add(ret, xasprintf("lowerdir+=%s", layers->items[i]));
	}
	if (is_one)
		strings_add(ret, TAKE_PTR(joined.data));
	add_option(ret, "upperdir", bundle, "upper");
	add_option(ret, "workdir", bundle, "work");
	if (overlay_uses_userxattr())
		strings_add(ret, xstrdup("userxattr"));
}

static int mount_overlay(const struct oci_strings *layers, const char *bundle, int target,
			 bool is_one, struct error *err)
{
	struct mount_fs fs = { .type = "overlay", .source = "overlay" };
	auto_strings names = { 0 };
	struct mount_options options = { 0 };
	auto_fd fd = -1;
	int r;

	overlay_options(layers, bundle, is_one, &names);
	options.n_data = names.n;
	options.data = (const char **) names.items;
	if (mount_fs_needs_legacy(fs.source, &options))
		r = mount_fs_legacy(&fs, &options, target, err);
	else
		r = mount_fs_open(&fs, &options, &fd, err);
	if (fd >= 0) {
		r = tree_attach(fd, target);
		if (r < 0)
			fail(err, -r, "attach the root: %s", strerror(-r));
	}
	return r;
}

/* The upper directory is what the container's root looks like: as the topmost layer, until the container
 * changes it. */
static int copy_looks(const char *from, int bundle_fd, bool is_new, struct error *err)
{
	auto_fd layer = open(from, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	int r = 0;

	if (layer < 0 || fstat(layer, &st) < 0)
		return fail_errno(err, "look at the layer '%s'", from);
	if (is_new)
		r = file_copy_attributes(layer, &st, bundle_fd, "upper");
	return r < 0 ? fail(err, -r, "prepare the bundle's directory 'upper': %s", strerror(-r))
		     : 0;
}

/* Of ".../CHAIN/diff" so much that it is unique; other paths have their number. */
static char *chain_prefix(const char *path, size_t i)
{
	const char *end = strrchr(path, '/'), *begin = end;

	while (begin > path && begin[-1] != '/')
		begin--;
	return end && end - begin >= CHAIN_PREFIX_LEN ? xasprintf("%.*s", CHAIN_PREFIX_LEN, begin)
						      : xasprintf("%zu", i);
}

static int run_mount(int dir, int target, const char *options)
{
	char place[FD_PATH_MAX];
	int status = 0;
	pid_t pid;

	fd_path(target, place);
	pid = fork();
	if (pid == 0)
		_exit(fchdir(dir) < 0 || mount("overlay", place, "overlay", 0, options) < 0 ? errno
											    : 0);
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return pid < 0 ? -errno : -exit_code(status);
}

/* A new directory BUNDLE/layers with the links; *options begins to name them. */
static int make_links(const struct oci_strings *layers, int bundle_fd, struct str *options)
{
	struct error ignored;
	auto_fd dir = -1;

	if (dir_remove(bundle_fd, "layers", &ignored) < 0)
		return -ignored.code;
	if (mkdirat(bundle_fd, "layers", 0755) < 0)
		return -errno;
	dir = openat(bundle_fd, "layers", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	for (size_t i = 0; i < layers->n; i++) {
		auto_free char *name = chain_prefix(layers->items[i], i);

		if (symlinkat(layers->items[i], dir, name) < 0)
			return -errno;
		str_printf(options, "%s%s", i ? ":" : "lowerdir=", name);
	}
	return TAKE_FD(dir);
}

/* Before Linux 6.5 all layers are named in one string of a page, so their names must be short: of
 * links in the bundle, in which a child works.  What gc looks for in mountinfo is in them. */
static int mount_by_links(const struct oci_strings *layers, int bundle_fd, int target)
{
	auto_str options = { 0 };
	auto_fd dir = make_links(layers, bundle_fd, &options);

	if (dir < 0)
		return dir;
	str_printf(&options, ",upperdir=../upper,workdir=../work%s",
		   overlay_uses_userxattr() ? ",userxattr" : "");
	return options.len >= (size_t) sysconf(_SC_PAGESIZE) ? -E2BIG
							     : run_mount(dir, target, options.data);
}

static int attach_overlay(const struct oci_strings *layers, int bundle_fd, int target, bool is_new,
			  struct error *err)
{
	char bundle[PATH_MAX];
	struct error first;

	if (!layers->n)
		return fail_as(err, ERROR_BUNDLE, EINVAL, RECORD " names no layer");
	if (path_of_fd(bundle_fd, bundle, err) < 0 ||
	    copy_looks(layers->items[0], bundle_fd, is_new, err) < 0)
		return -err->code;
	if (mount_overlay(layers, bundle, target, false, &first) == 0)
		return 0;
	if (mount_overlay(layers, bundle, target, true, err) == 0 ||
	    mount_by_links(layers, bundle_fd, target) == 0)
		return 0;
	*err = first;
	return fail_in(err, "mount %zu layers", layers->n);
}

/* Mounts image i, which must have the digest unless that is NULL, at BUNDLE/images/i; *ret is that
 * path.  What was looked at is what is mounted: there is one descriptor of it. */
static int attach_image(const char *image, const char *digest, size_t i, int images,
			const char *bundle, char **ret, struct error *err)
{
	char source[FD_PATH_MAX], name[24];
	auto_fd place = -1;
	auto_fd fd = -1;

	if (block_image_open(image, digest, &fd, err) < 0)
		return -err->code;
	snprintf(name, sizeof(name), "%zu", i);
	if (mkdirat(images, name, 0755) < 0 && errno != EEXIST)
		return fail_errno(err, "make the bundle's directory 'images/%s'", name);
	place = openat(images, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (place < 0)
		return fail_errno(err, "open the bundle's directory 'images/%s'", name);
	fd_path(fd, source);
	if (mount_block_attach("erofs", source, place, err) < 0)
		return fail_in(err, "block image '%s'", image);
	*ret = xasprintf("%s/images/%s", bundle, name);
	return 0;
}

/* Lazily: what still uses it keeps it until it ends. */
static int detach(int mounted_fd, const char *what, struct error *err)
{
	char path[FD_PATH_MAX];

	fd_path(mounted_fd, path);
	if (umount2(path, MNT_DETACH) < 0)
		return fail_errno(err, "unmount the bundle's '%s'", what);
	return 0;
}

/* The images that are mounted in the bundle, each with its place. */
static int detach_images(int bundle_fd, struct error *err)
{
	auto_fd fd = openat(bundle_fd, "images", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_dir *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir && errno != ENOENT)
		return fail_errno(err, "open the bundle's directory 'images'");
	if (dir)
		TAKE_FD(fd);
	while (dir && (entry = readdir(dir))) {
		auto_fd place = -1;

		if (*entry->d_name == '.')
			continue;
		if (is_mounted(dirfd(dir), entry->d_name, &place) &&
		    detach(place, "images", err) < 0)
			return -err->code;
		cleanup_fd(&place);
		place = -1;
		unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	}
	return 0;
}

static int attach_images(const struct root_mount *mount, int bundle_fd, const char *bundle,
			 struct oci_strings *places, struct error *err)
{
	auto_fd images = openat(bundle_fd, "images", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (mount->verity.n && mount->verity.n != mount->images.n)
		return fail_as(err, ERROR_BUNDLE, EINVAL,
			       RECORD ": %zu verity digests for %zu images", mount->verity.n,
			       mount->images.n);
	if (images < 0)
		return fail_errno(err, "open the bundle's directory 'images'");
	for (size_t i = 0; i < mount->images.n; i++) {
		char *place = NULL;

		if (attach_image(mount->images.items[i],
				 mount->verity.n ? mount->verity.items[i] : NULL, i, images, bundle,
				 &place, err) < 0)
			return -err->code;
		strings_add(places, place);
	}
	return 0;
}

/* The overlay has its own hold on the images, so their places are needed only until it is there. */
static int attach_erofs(const struct root_mount *mount, int bundle_fd, int target, bool is_new,
			struct error *err)
{
	auto_strings places = { 0 };
	char bundle[PATH_MAX];
	struct error why;
	int r;

	r = path_of_fd(bundle_fd, bundle, err);
	if (r == 0)
		r = attach_images(mount, bundle_fd, bundle, &places, err);
	if (r == 0)
		r = attach_overlay(&places, bundle_fd, target, is_new, err);
	if (detach_images(bundle_fd, &why) < 0 && r == 0) {
		*err = why;
		r = -why.code;
	}
	return r;
}

int root_mount_attach(int bundle_fd, bool is_new, struct error *err)
{
	auto_root_mount mount = { 0 };
	auto_fd lock = -1;
	auto_fd target = -1;
	struct error ignored;
	int r;

	if (root_mount_read(bundle_fd, &mount, err) < 0)
		return -err->code;
	/* of two at the same time the second finds it mounted */
	lock = openat(bundle_fd, RECORD, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return fail_errno(err, "lock " RECORD);
	if (is_mounted(bundle_fd, "rootfs", &target))
		return fail_as(err, ERROR_BUNDLE, EBUSY, "the bundle's rootfs is mounted already");
	if (target < 0)
		return fail_errno(err, "open the bundle's rootfs");
	r = mount.images.n ? attach_erofs(&mount, bundle_fd, target, is_new, err)
			   : attach_overlay(&mount.layers, bundle_fd, target, is_new, err);
	if (r < 0)
		root_mount_detach(bundle_fd, &ignored);
	return r;
}

int root_mount_again(int bundle_fd, struct error *err)
{
	auto_root_mount mount = { 0 };
	auto_store store = STORE_NONE;
	char bundle[PATH_MAX];

	if (root_mount_read(bundle_fd, &mount, err) < 0 || path_of_fd(bundle_fd, bundle, err) < 0)
		return -err->code;
	if (mount.store) {
		if (access(mount.store, F_OK) < 0) {
			fail_errno(err, "the store '%s', which has the layers", mount.store);
			return fail_class(err, ERROR_BUNDLE, RECORD);
		}
		if (store_open(mount.store, STORE_SHARED, &store, err) < 0 ||
		    bundle_record_add(mount.store, bundle, bundle_fd, &mount, err) < 0)
			return -err->code;
	}
	return root_mount_attach(bundle_fd, false, err);
}

int root_mount_detach(int bundle_fd, struct error *err)
{
	auto_fd fd = -1;
	bool was_mounted = is_mounted(bundle_fd, "rootfs", &fd);

	if (was_mounted && detach(fd, "rootfs", err) < 0)
		return -err->code;
	return detach_images(bundle_fd, err) < 0 ? -err->code : was_mounted;
}
