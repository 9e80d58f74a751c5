/* entry.c - see entry.h */
#include "image/entry.h"

#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "image/overlay_links.h"
#include "image/overlay_marks.h"
#include "image/overlay_view.h"
#include "linux/inroot.h"

/* What Linux can express in a device number: 12 and 20 bits. */
#define DEVICE_MAJOR_MAX 0xfff
#define DEVICE_MINOR_MAX 0xfffff

/* An entry while it is being made. */
struct making {
	struct tree *tree;
	const char *name;
	struct tar *tar;
	struct archive_entry *entry;
	struct attributes attributes;
	struct losses *losses;
};

/* One attempt to make the file; -EEXIST when the name is taken. */
typedef int attempt_fn(const struct making *making, struct file_at *file);

static int finish(const struct making *making, const struct file_at *file, struct error *err)
{
	return attributes_apply(file, &making->attributes, making->entry, making->losses, err);
}

/* What takes the place of a whiteout hides all the same what lower layers have. */
static void note_whiteout(const struct making *making, struct file_at *file)
{
	struct stat st;

	file->was_hidden = making->tree->is_overlay &&
			   fstatat(file->dir, file->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			   (overlay_is_whiteout(&st) || !S_ISDIR(st.st_mode));
}

/* Makes the file where nothing is, after removing what is. */
static int make_anew(const struct making *making, attempt_fn *attempt, struct file_at *file,
		     struct error *err)
{
	int r = attempt(making, file);

	if (r == -EEXIST) {
		note_whiteout(making, file);
		if (tree_remove(making->tree, making->name, err) < 0)
			return -err->code;
		r = attempt(making, file);
	}
	return r < 0 ? fail(err, -r, "make it: %s", strerror(-r)) : 0;
}

/* Without privilege, attributes can only be set on a file that its owner may write. */
static int create_file(const struct making *making, struct file_at *file)
{
	mode_t mode =
		(making->attributes.mode & 0777) | (making->tree->is_privileged ? 0 : S_IWUSR);

	file->fd = openat(file->dir, file->name,
			  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	return file->fd < 0 ? -errno : 0;
}

static int write_at(int fd, const char *data, size_t len, int64_t offset, struct error *err)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, data, len, offset);

		if (n < 0 && errno != EINTR)
			return fail_errno(err, "write");
		if (n < 0)
			continue;
		data += n;
		len -= (size_t) n;
		offset += n;
	}
	return 0;
}

static int copy_content(const struct making *making, int fd, struct error *err)
{
	int64_t size = archive_entry_size(making->entry), end = 0, offset;
	const void *block;
	size_t len;
	int r;

	while ((r = tar_data(making->tar, &block, &len, &offset, err)) > 0) {
		if (offset < 0 || offset > size || (int64_t) len > size - offset)
			return fail_as(err, ERROR_IMAGE, EBADMSG, "content lies behind its end");
		if (write_at(fd, block, len, offset, err) < 0)
			return -err->code;
		if (offset + (int64_t) len > end)
			end = offset + (int64_t) len;
	}
	if (r == 0 && end < size && ftruncate(fd, size) < 0)
		return fail_errno(err, "give it %jd bytes", (intmax_t) size);
	return r;
}

static int make_file(const struct making *making, struct file_at *file, struct error *err)
{
	int r = make_anew(making, create_file, file, err);
	auto_fd fd = file->fd;

	if (r == 0)
		r = copy_content(making, fd, err);
	return r < 0 ? r : finish(making, file, err);
}

static int create_directory(const struct making *making, struct file_at *file)
{
	struct stat st;

	(void) making;
	if (mkdirat(file->dir, file->name, 0700) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	if (fstatat(file->dir, file->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	file->was_there = S_ISDIR(st.st_mode);
	return file->was_there ? 0 : -EEXIST;
}

/* Opens the directory `name` to give it its attributes.  Without privilege the mode that it has may forbid
 * that, and it is ours: so allow it first. */
static int open_own(const struct tree *tree, int dir, const char *name)
{
	if (!tree->is_privileged && fchmodat(dir, name, S_IRWXU, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int make_directory(const struct making *making, struct file_at *file, struct error *err)
{
	auto_fd fd = -1;
	int r;

	if (make_anew(making, create_directory, file, err) < 0)
		return -err->code;
	fd = open_own(making->tree, file->dir, file->name);
	if (fd < 0)
		return fail_errno(err, "open the directory");
	file->fd = fd;
	r = file->was_hidden ? overlay_make_opaque(fd) : 0;
	if (r < 0)
		return fail(err, -r, "hide what lower layers have in it: %s", strerror(-r));
	return finish(making, file, err);
}

static int create_link(const struct making *making, struct file_at *file)
{
	return symlinkat(archive_entry_symlink(making->entry), file->dir, file->name) < 0 ? -errno
											  : 0;
}

static int make_link(const struct making *making, struct file_at *file, struct error *err)
{
	const char *target = archive_entry_symlink(making->entry);

	if (!target || !*target || strlen(target) >= PATH_MAX)
		return fail_as(err, ERROR_IMAGE, EINVAL, "a symbolic link's target is %s",
			       target && *target ? "too long" : "missing");
	if (make_anew(making, create_link, file, err) < 0)
		return -err->code;
	return finish(making, file, err);
}

static int create_node(const struct making *making, struct file_at *file)
{
	mode_t mode = archive_entry_filetype(making->entry) | (making->attributes.mode & 0777);
	dev_t device = makedev((unsigned int) archive_entry_rdevmajor(making->entry),
			       (unsigned int) archive_entry_rdevminor(making->entry));

	return mknodat(file->dir, file->name, mode, S_ISFIFO(mode) ? 0 : device) < 0 ? -errno : 0;
}

/* A device that cannot be made hides all the same what was there; what a layer below has, too.  Returns 1, as
 * entry_make(). */
static int leave_out(const struct making *making, struct error *err)
{
	int r = making->tree->is_overlay ? overlay_hide_name(making->tree, making->name) : 0;

	making->losses->devices++;
	return r < 0 ? fail(err, -r, "hide what lower layers have left: %s", strerror(-r)) : 1;
}

static int make_node(const struct making *making, struct file_at *file, struct error *err)
{
	bool is_fifo = archive_entry_filetype(making->entry) == AE_IFIFO;

	if (!is_fifo && (archive_entry_rdevmajor(making->entry) > DEVICE_MAJOR_MAX ||
			 archive_entry_rdevminor(making->entry) > DEVICE_MINOR_MAX))
		return fail_as(err, ERROR_IMAGE, ERANGE, "the device number %ju:%ju is too large",
			       (uintmax_t) archive_entry_rdevmajor(making->entry),
			       (uintmax_t) archive_entry_rdevminor(making->entry));
	/* To overlayfs 0:0 means that there is nothing. */
	if (making->tree->is_overlay && archive_entry_filetype(making->entry) == AE_IFCHR &&
	    archive_entry_rdevmajor(making->entry) == 0 &&
	    archive_entry_rdevminor(making->entry) == 0)
		return leave_out(making, err);
	if (make_anew(making, create_node, file, err) == 0)
		return finish(making, file, err);
	if (err->code != EPERM || is_fifo)
		return -err->code;
	return leave_out(making, err);
}

/* Finds the directory that holds the hard link's target: *ret_fd is -1 when it is the one we are
 * in. */
static int open_target_dir(const struct tree *tree, const struct member_path *target, int *ret_fd)
{
	if (strcmp(target->parent, tree->dir_path) == 0)
		return 0;
	*ret_fd = inroot_open(tree->root, target->parent, O_PATH | O_DIRECTORY);
	return *ret_fd < 0 ? *ret_fd : 0;
}

static int fail_link(const struct making *making, int r, struct error *err)
{
	return fail(err, -r, "hard link to '%.200s': %s", archive_entry_hardlink(making->entry),
		    r == -EFBIG ? "the file below is larger than what is left of --max-bytes"
				: strerror(-r));
}

static int link_in_tree(const struct making *making, const struct member_path *target,
			const struct file_at *file, struct error *err)
{
	struct stat st, old;
	auto_fd fd = -1;
	int r = open_target_dir(making->tree, target, &fd);
	int dir = fd >= 0 ? fd : file->dir;

	if (r == 0 && fstatat(dir, target->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		r = -errno;
	if (r == 0 && S_ISDIR(st.st_mode))
		r = -EISDIR;
	if (r == 0 && fstatat(file->dir, file->name, &old, AT_SYMLINK_NOFOLLOW) == 0) {
		if (file_is_same(&old, &st))
			return 0;
		if (tree_remove(making->tree, making->name, err) < 0)
			return -err->code;
	}
	if (r == 0 && linkat(dir, target->name, file->dir, file->name, 0) < 0)
		r = -errno;
	return r < 0 ? fail_link(making, r, err) : 0;
}

/* What is seen at parent/name. */
static int find_in_layer(const struct tree *tree, const char *parent, const char *name,
			 struct overlay_found *ret)
{
	char path[PATH_MAX];

	if ((size_t) snprintf(path, sizeof(path), "%s/%s", parent, name) >= sizeof(path))
		return -ENAMETOOLONG;
	return overlay_find(tree, path, false, ret);
}

static int link_here(const struct tree *tree, const struct overlay_found *target,
		     const struct file_at *file)
{
	auto_free char *parent = xstrdup(target->path);
	char *slash = strrchr(parent, '/');
	auto_fd dir = -1;

	if (slash)
		*slash = '\0';
	dir = inroot_open_exact(tree->root, slash ? parent : "", O_PATH | O_DIRECTORY);
	if (dir < 0)
		return dir;
	return linkat(dir, slash ? slash + 1 : parent, file->dir, file->name, 0) < 0 ? -errno : 0;
}

/* As link_in_tree(), for the layer of an overlay: the target may be in a layer below. */
static int link_in_layer(const struct making *making, const struct member_path *target,
			 const struct file_at *file, struct error *err)
{
	auto_overlay_found found = OVERLAY_FOUND_NONE;
	auto_overlay_found old = OVERLAY_FOUND_NONE;
	struct tree *tree = making->tree;
	int r = find_in_layer(tree, target->parent, target->name, &found);

	if (r == -EEXIST || (r == 0 && found.fd < 0))
		r = -ENOENT;
	if (r == 0 && S_ISDIR(found.st.st_mode))
		r = -EISDIR;
	if (r == 0)
		r = find_in_layer(tree, tree->dir_path, file->name, &old);
	if (r < 0)
		return fail_link(making, r, err);
	/* what is a link below already becomes one here all the same: the layer has brought it */
	if (old.fd >= 0 && old.is_here && file_is_same(&old.st, &found.st))
		return 0;
	if (tree_remove(tree, making->name, err) < 0)
		return -err->code;
	r = found.is_here ? link_here(tree, &found, file)
			  : overlay_link_below(tree, &found, file->dir, file->name);
	return r < 0 ? fail_link(making, r, err) : 0;
}

/* A link to what an entry before, or a lower layer, has put into the root; a symbolic link there is
 * linked itself, not followed.  The file keeps the attributes that it has. */
static int make_hard_link(const struct making *making, struct file_at *file, struct error *err)
{
	struct member_path target;

	if (member_path_parse(archive_entry_hardlink(making->entry), &target, err) < 0)
		return fail_in(err, "hard link to '%.200s'", archive_entry_hardlink(making->entry));
	return (making->tree->is_overlay ? link_in_layer : link_in_tree)(making, &target, file,
									 err);
}

/* The root itself: it is there, and it stays a directory (CVE-2021-29136). */
static int make_root(const struct making *making, struct error *err)
{
	struct file_at file = { .name = ".", .fd = -1, .was_there = true };
	auto_fd fd = -1;

	if (archive_entry_hardlink(making->entry) ||
	    archive_entry_filetype(making->entry) != AE_IFDIR)
		return fail_as(err, ERROR_IMAGE, EINVAL, "the root can only be a directory");
	if (tree_leave(making->tree, err) < 0)
		return -err->code;
	fd = open_own(making->tree, making->tree->root, ".");
	if (fd < 0)
		return fail_errno(err, "open the root");
	file.dir = making->tree->root;
	file.fd = fd;
	return finish(making, &file, err);
}

static const struct maker {
	unsigned int type;
	int (*make)(const struct making *making, struct file_at *file, struct error *err);
} makers[] = {
	/* clang-format off */
	{ AE_IFREG, make_file },
	{ AE_IFDIR, make_directory },
	{ AE_IFLNK, make_link },
	{ AE_IFCHR, make_node },
	{ AE_IFBLK, make_node },
	{ AE_IFIFO, make_node },
	/* clang-format on */
};

static int make_by_type(const struct making *making, struct error *err)
{
	struct file_at file = {
		.dir = making->tree->dir,
		.name = making->name,
		.fd = -1,
		.has_acls = making->tree->hands_down_acls,
	};

	if (archive_entry_hardlink(making->entry))
		return make_hard_link(making, &file, err);
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		if (makers[i].type == archive_entry_filetype(making->entry))
			return makers[i].make(making, &file, err);
	return fail_as(err, ERROR_IMAGE, ENOTSUP, "its type is unknown");
}

int entry_make(struct tree *tree, const struct member_path *path, struct tar *tar,
	       struct archive_entry *entry, struct losses *losses, struct error *err)
{
	struct making making = {
		.tree = tree,
		.name = path->name,
		.tar = tar,
		.entry = entry,
		.losses = losses,
	};

	if (attributes_read(entry, &making.attributes, err) < 0)
		return -err->code;
	if (!*path->name)
		return make_root(&making, err);
	if (tree_enter(tree, path->parent, TREE_MAKE, err) < 0)
		return -err->code;
	return make_by_type(&making, err);
}
