/* mount_bind.c - see mount_bind.h */
#include "linux/mount_bind.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/cleanup.h"
#include "base/libc.h"
#include "base/log.h"
#include "base/text.h"
#include "linux/tree.h"

/* What one mount_setattr(2) does. */
struct change {
	unsigned int flags;
	uint64_t set, clear;
};

/* The access time is one lock for all its modes. */
#define TIMES ((uint64_t) (MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME))

#define FLAGS \
	((uint64_t) (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC))

/* Drops what would take a flag from the mount that it has.  statvfs(3) has these flags at the values of
 * MOUNT_ATTR_*. */
static int drop_removals(int fd, struct change *c)
{
	struct statvfs st;

	if (fstatvfs(fd, &st) < 0)
		return -errno;
	c->clear &= ~(st.f_flag & FLAGS);
	return 0;
}

static int apply(int fd, const struct change *c)
{
	if (!c->set && !c->clear)
		return 0;
	return tree_change(fd, c->flags, c->set, c->clear, 0);
}

/* 1: but for the access time. */
static int change(int fd, struct change c)
{
	int r = apply(fd, &c);

	if (r != -EPERM || drop_removals(fd, &c) < 0)
		return r;
	log_debug("a bind keeps the locked flags of its source");
	r = apply(fd, &c);
	if (r != -EPERM || !((c.set | c.clear) & TIMES))
		return r;
	c.set &= ~TIMES;
	c.clear &= ~TIMES;
	r = apply(fd, &c);
	return r < 0 ? r : 1;
}

/* The kernel changes all mounts of a tree or none, and does not tell which of the lower ones are locked. */
static int fail_below(uint64_t clear, struct error *err)
{
	static const struct {
		uint64_t attr;
		char name[6];
	} removals[] = {
		{ MOUNT_ATTR_RDONLY, "rrw" },
		{ MOUNT_ATTR_NOSUID, "rsuid" },
		{ MOUNT_ATTR_NODEV, "rdev" },
		{ MOUNT_ATTR_NOEXEC, "rexec" },
	};
	auto_str options = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(removals); i++)
		if (clear & removals[i].attr)
			str_printf(&options, "%s'%s'", options.len ? ", " : "", removals[i].name);
	return fail(err, EPERM,
		    "%s: a mount below has a flag that the kernel lets no user namespace take away",
		    options.data);
}

int mount_bind_change(int fd, const struct mount_options *options, struct error *err)
{
	const struct change tree = { AT_RECURSIVE, options->rec_attr_set, options->rec_attr_clear };
	const struct change top = { 0, options->attr_set, options->attr_clear };
	int below = change(fd, tree);
	int r = below < 0 ? below : change(fd, top);

	if (below == -EPERM && tree.clear & FLAGS)
		return fail_below(tree.clear, err);
	if (r < 0)
		return fail(err, -r, "change the flags of the mount: %s", strerror(-r));
	return below || r;
}

/* The kernel's EINVAL has many reasons and no words. */
static int fail_clone(int code, int dir_fd, const char *source, const char *name,
		      unsigned int flags, struct error *err)
{
	auto_fd tree_fd = -1;

	if (code != EINVAL)
		return fail(err, code, "bind '%s': %s", name, strerror(code));
	if (!(flags & AT_RECURSIVE))
		tree_fd = tree_clone(dir_fd, source, flags | AT_RECURSIVE);
	if (tree_fd >= 0)
		return fail(err, code,
			    "bind '%s': a user namespace may not leave out what is mounted below it; "
			    "'rbind' takes it along",
			    name);
	return fail(err, code, "bind '%s': %s (it is unbindable, or on no mount of this namespace)",
		    name, strerror(code));
}

static int open_and_change(int dir_fd, const char *source, const char *name,
			   const struct mount_options *options, int *ret_fd, struct error *err)
{
	unsigned int flags = (options->is_recursive ? AT_RECURSIVE : 0) |
			     (options->flags & MOUNT_SRC_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0);
	auto_fd fd = tree_clone(dir_fd, source, flags);
	int r;

	if (fd < 0)
		return fail_clone(-fd, dir_fd, source, name, flags, err);
	r = mount_bind_change(fd, options, err);
	if (r >= 0)
		*ret_fd = TAKE_FD(fd);
	return r;
}

int mount_bind_open(const char *source, const struct mount_options *options, int *ret_fd,
		    struct error *err)
{
	return open_and_change(AT_FDCWD, source, source, options, ret_fd, err);
}

int mount_bind_open_fd(int source_fd, const char *name, const struct mount_options *options,
		       int *ret_fd, struct error *err)
{
	return open_and_change(source_fd, "", name, options, ret_fd, err);
}
