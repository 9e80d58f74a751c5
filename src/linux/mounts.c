/* mounts.c - see mounts.h */
#include "linux/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/libc.h"
#include "base/log.h"
#include "base/text.h"
#include "linux/inroot.h"
#include "linux/mount_bind.h"
#include "linux/mount_cgroup.h"
#include "linux/mount_copyup.h"
#include "linux/mount_fs.h"
#include "linux/mount_idmap.h"
#include "linux/mount_kind.h"
#include "linux/mount_late.h"
#include "linux/mount_link.h"
#include "linux/mount_options.h"
#include "linux/mount_target.h"
#include "linux/tree.h"

/* One row on its way. */
struct job {
	const struct mount_context *ctx;
	const struct oci_mount *mount;
	struct mount_options options;
	bool is_late; /* read-only by mount_late_apply(), and not by these options */
	struct mount_target target;
	int source_fd; /* of a bind, opened ahead; not ours; or -1 */
	int mount_fd;  /* detached */
};

#define auto_job __attribute__((cleanup(job_release))) struct job

static void job_release(struct job *job)
{
	mount_options_release(&job->options);
	cleanup_fd(&job->mount_fd);
	cleanup_fd(&job->target.fd);
}

static int open_target(struct job *job, bool is_dir, struct error *err)
{
	return mount_target_open(&job->target, job->ctx->root_fd, is_dir, job->mount_fd, err);
}

static const char *source_of(const struct oci_mount *mount)
{
	return mount->source && *mount->source ? mount->source : NULL;
}

static bool has_data(const struct mount_options *options, const char *key)
{
	for (size_t i = 0; i < options->n_data; i++)
		if (str_after(options->data[i], key))
			return true;
	return false;
}

/* A tmpfs on a directory of the image has that directory's mode unless it is told one, as the
 * users of other runtimes expect. */
static const char *mode_of(const struct job *job, char buf[8])
{
	struct stat st;

	if (!mount_has_type(job->mount, "tmpfs") || job->target.is_new ||
	    has_data(&job->options, "mode=") || fstat(job->target.fd, &st) < 0)
		return NULL;
	snprintf(buf, 8, "%o", st.st_mode & 07777u);
	return buf;
}

/* The kernel's own file systems have their labels from the policy. */
static const char *label_of(const struct job *job)
{
	static const char own[][8] = { "proc", "sysfs", "mqueue" };
	static const char *const options[] = { "context=", "fscontext=", "defcontext=",
					       "rootcontext=" };

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (mount_has_type(job->mount, own[i]))
			return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (has_data(&job->options, options[i]))
			return NULL;
	return job->ctx->label;
}

/* The message queues of an ipc namespace have their file system, without a label, before anybody
 * mounts it, and one file system cannot be mounted with two: but its root can be given one. */
static int label_queues(const struct job *job, int mount_fd, struct error *err)
{
	const char *label = job->ctx->label;
	auto_fd root = -1;

	if (!label || !mount_has_type(job->mount, "mqueue"))
		return 0;
	root = openat(mount_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return fail_errno(err, "open the message queues");
	if (fsetxattr(root, "security.selinux", label, strlen(label) + 1, 0) < 0)
		return fail_errno(err, "give the message queues the label '%s'", label);
	return 0;
}

/* r: of mount_bind_change() and its like. */
static int warn_of_locked_atime(int r, const struct mount_options *options, const char *destination)
{
	if (r > 0)
		log_warning("mount '%s': the option '%s' is not applied: the kernel lets no user namespace "
			    "change the access time of a mount that came from outside",
			    destination, options->atime);
	return r < 0 ? r : 0;
}

static bool is_directory(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

static int attach(struct job *job, struct error *err)
{
	int r = tree_attach(job->mount_fd, job->target.fd);

	if (r == -EINVAL && is_directory(job->mount_fd) != is_directory(job->target.fd))
		return fail(err, ENOTDIR,
			    "attach it to '%s': not a directory: a directory goes on no file, and a file on no directory",
			    job->target.path);
	if (r < 0)
		return fail(err, -r, "attach it to '%s': %s", job->target.path, strerror(-r));
	if (job->ctx->attached)
		job->ctx->attached(job->ctx->attached_data, job->mount_fd);
	return 0;
}

static int propagate(int fd, uint64_t word, struct error *err)
{
	const unsigned int flags = word & MS_REC ? AT_RECURSIVE : 0;
	int r = tree_change(fd, flags, 0, 0, word & ~(uint64_t) MS_REC);

	return r < 0 ? fail(err, -r, "change the propagation of the mount: %s", strerror(-r)) : 0;
}

static int set_own_propagation(const struct job *job, int fd, struct error *err)
{
	for (size_t i = 0; i < job->options.n_propagation; i++)
		if (propagate(fd, job->options.propagation[i], err) < 0)
			return -err->code;
	return 0;
}

/* When it is attached, for what goes onto a shared mount becomes shared. */
static int set_propagation(const struct job *job, int fd, struct error *err)
{
	if (!job->options.n_propagation && job->ctx->propagation)
		return propagate(fd, job->ctx->propagation, err);
	return set_own_propagation(job, fd, err);
}

/* Before it is attached, for the kernel changes no maps later. */
static int map_ids(const struct job *job, bool is_made_inside, struct error *err)
{
	if (!mount_idmap_is_wanted(job->mount, &job->options, is_made_inside))
		return 0;
	return job->ctx->map_ids(job->ctx->map_ids_data, job->mount_fd, err);
}

/* is_read_only: and is to be so as soon as it is filled. */
static int copy_up(struct job *job, bool is_read_only, struct error *err)
{
	int r;

	if (!job->target.is_new && mount_copyup(job->target.fd, job->mount_fd, err) < 0)
		return -err->code;
	r = tree_change(job->mount_fd, 0, is_read_only ? MOUNT_ATTR_RDONLY : 0, 0, 0);
	return r < 0 ? fail(err, -r, "make the tmpfs read-only: %s", strerror(-r)) : 0;
}

static int apply_legacy(struct job *job, const struct mount_fs *fs,
			const struct mount_options *options, struct error *err)
{
	auto_fd fd = -1;

	if (mount_idmap_is_wanted(job->mount, &job->options, true))
		return fail(err, EINVAL, "with these options it cannot be given an id mapping");
	if (mount_fs_legacy(fs, options, job->target.fd, err) < 0)
		return -err->code;
	if (!job->options.n_propagation && !job->ctx->propagation && !job->ctx->label &&
	    !job->is_late)
		return 0;
	fd = inroot_open(job->ctx->root_fd, job->target.path, O_PATH);
	if (fd < 0)
		return fail(err, -fd, "open '%s' in the root: %s", job->target.path, strerror(-fd));
	if (label_queues(job, fd, err) < 0 || set_propagation(job, fd, err) < 0)
		return -err->code;
	if (job->is_late)
		mount_late_add(job->ctx->late, &fd, job->mount->destination);
	return 0;
}

static uint64_t without_read_only(uint64_t attributes)
{
	return attributes & ~(uint64_t) MOUNT_ATTR_RDONLY;
}

static int apply_fs(struct job *job, struct error *err)
{
	const bool is_tmpfs = mount_has_type(job->mount, "tmpfs");
	const bool is_copy = is_tmpfs && job->options.flags & MOUNT_TMPCOPYUP;
	const bool is_read_only =
		is_tmpfs && mount_options_attributes(&job->options) & MOUNT_ATTR_RDONLY;
	struct mount_options options = job->options;
	char mode[8];
	struct mount_fs fs;

	if (open_target(job, true, err) < 0)
		return -err->code;
	/* clang-format off */
	fs = (struct mount_fs){ job->mount->type, source_of(job->mount), label_of(job),
				job->ctx->label_option, mode_of(job, mode),
				mount_has_type(job->mount, "proc") ? job->ctx->pid_ns : NULL };
	/* clang-format on */
	job->is_late = is_read_only && job->ctx->late;
	if (is_copy || job->is_late) {
		options.attr_set = without_read_only(options.attr_set);
		options.rec_attr_set = without_read_only(options.rec_attr_set);
		options.sb_set &= ~(unsigned long) MS_RDONLY;
	}
	if (mount_fs_needs_legacy(fs.source, &options))
		return apply_legacy(job, &fs, &options, err);
	if (mount_fs_open(&fs, &options, &job->mount_fd, err) < 0 ||
	    map_ids(job, job->ctx->in_user_ns, err) < 0 ||
	    label_queues(job, job->mount_fd, err) < 0 ||
	    (is_copy && copy_up(job, is_read_only && !job->is_late, err) < 0) ||
	    attach(job, err) < 0 || set_propagation(job, job->mount_fd, err) < 0)
		return -err->code;
	if (job->is_late)
		mount_late_add(job->ctx->late, &job->mount_fd, job->mount->destination);
	return 0;
}

static int apply_cgroup(struct job *job, struct error *err)
{
	const struct mount_context *ctx = job->ctx;
	int r;

	if (open_target(job, true, err) < 0)
		return -err->code;
	r = mount_cgroup_open(ctx->has_cgroup_ns, ctx->in_user_ns, ctx->cgroup_source_fd,
			      &job->options, &job->mount_fd, err);
	if (warn_of_locked_atime(r, &job->options, job->target.path) < 0 || attach(job, err) < 0)
		return -err->code;
	return set_propagation(job, job->mount_fd, err);
}

/* Only the name, for messages: what is bound was opened before, by the host's root. */
static const char *name_of(const struct job *job)
{
	return job->mount->source ? job->mount->source : "";
}

static int open_bind(struct job *job, struct error *err)
{
	int r;

	if (job->source_fd >= 0)
		r = mount_bind_open_fd(job->source_fd, name_of(job), &job->options, &job->mount_fd,
				       err);
	else
		r = mount_bind_open(job->mount->source, &job->options, &job->mount_fd, err);
	return warn_of_locked_atime(r, &job->options, job->target.path);
}

static int copy_link(const struct job *job, struct error *err)
{
	int dir_fd = job->source_fd >= 0 ? job->source_fd : AT_FDCWD;

	if (!(job->options.flags & MOUNT_COPY_SYMLINK))
		return 0;
	return mount_link_copy(dir_fd, job->source_fd >= 0 ? "" : job->mount->source,
			       job->ctx->root_fd, job->target.path, err);
}

static int attach_bind(struct job *job, struct error *err)
{
	struct stat st;

	if (map_ids(job, false, err) < 0)
		return -err->code;
	if (fstat(job->mount_fd, &st) < 0)
		return fail_errno(err, "look at '%s'", job->mount->source);
	if (open_target(job, S_ISDIR(st.st_mode), err) < 0 || attach(job, err) < 0)
		return -err->code;
	return set_propagation(job, job->mount_fd, err);
}

static int apply_bind(struct job *job, struct error *err)
{
	int r = copy_link(job, err);

	if (r != 0)
		return r < 0 ? r : 0;
	return open_bind(job, err) < 0 ? -err->code : attach_bind(job, err);
}

static int forget_late(const struct job *job, int fd, struct error *err)
{
	const struct mount_options *o = &job->options;
	const unsigned int flags = o->rec_attr_clear & MOUNT_ATTR_RDONLY ? AT_RECURSIVE : 0;

	if (!job->ctx->late || !((o->attr_clear | o->rec_attr_clear) & MOUNT_ATTR_RDONLY))
		return 0;
	return mount_late_forget(job->ctx->late, fd, flags, err);
}

/* Of /dev, where devices are made behind all rows. */
static bool takes_write_too_early(const struct job *job)
{
	return job->ctx->late && strcmp(job->target.path, "/dev") == 0 &&
	       job->options.attr_set & MOUNT_ATTR_RDONLY;
}

/* "remount": changes what is mounted there; the superblock only when it is not called a bind. */
static int apply_remount(struct job *job, struct error *err)
{
	struct mount_options *o = &job->options;
	int fd = inroot_open(job->ctx->root_fd, job->target.path, O_PATH);
	int r;

	if (fd < 0)
		return fail(err, -fd, "open '%s' in the root: %s", job->target.path, strerror(-fd));
	job->target.fd = fd;
	if (!tree_is_root(fd))
		return fail(err, EINVAL, "nothing is mounted on '%s' that could be changed",
			    job->target.path);
	job->is_late = takes_write_too_early(job);
	if (job->is_late) {
		o->attr_set = without_read_only(o->attr_set);
		o->sb_set &= ~(unsigned long) MS_RDONLY;
	}
	if (!o->is_bind && (o->sb_set || o->sb_clear || o->n_data) &&
	    mount_fs_reconfigure(fd, o, err) < 0)
		return -err->code;
	if (forget_late(job, fd, err) < 0)
		return -err->code;
	r = warn_of_locked_atime(mount_bind_change(fd, o, err), o, job->target.path);
	if (r == 0)
		r = set_own_propagation(job, fd, err);
	if (r == 0 && job->is_late)
		mount_late_add(job->ctx->late, &job->target.fd, job->mount->destination);
	return r;
}

int mount_source_open(const struct oci_mount *mount, int *ret_fd, struct error *err)
{
	auto_mount_options options = { 0 };
	const unsigned int unfollowed = MOUNT_SRC_NOFOLLOW | MOUNT_COPY_SYMLINK;

	*ret_fd = -1;
	if (mount_kind_parse(mount, &options) != MOUNT_KIND_BIND)
		return 0;
	/* like O_PATH, but what is mounted when somebody comes (autofs) is there then */
	*ret_fd = open_tree(AT_FDCWD, mount->source,
			    OPEN_TREE_CLOEXEC |
				    (options.flags & unfollowed ? AT_SYMLINK_NOFOLLOW : 0));
	if (*ret_fd < 0)
		return fail_errno(err, "open the source '%s'", mount->source);
	return 0;
}

int mount_apply(const struct mount_context *ctx, const struct oci_mount *mount, int source_fd,
		struct error *err)
{
	char path[PATH_MAX];
	auto_job job = { .ctx = ctx,
			 .mount = mount,
			 .target.fd = -1,
			 .source_fd = source_fd,
			 .mount_fd = -1 };
	enum mount_kind kind = mount_kind_parse(mount, &job.options);

	if (inroot_clean(mount->destination, path) < 0)
		return fail(err, ENAMETOOLONG, "the destination's path is too long");
	job.target = mount_kind_target(mount, &job.options, path);
	switch (kind) {
	case MOUNT_KIND_FS:
		return apply_fs(&job, err);
	case MOUNT_KIND_BIND:
		return apply_bind(&job, err);
	case MOUNT_KIND_CGROUP:
		return apply_cgroup(&job, err);
	case MOUNT_KIND_REMOUNT:
		return apply_remount(&job, err);
	}
	return fail(err, EINVAL, "it is no kind of mount");
}

int mount_tree_open(const struct oci_mount *mount, int *ret_fd, struct error *err)
{
	auto_mount_options options = { 0 };

	*ret_fd = -1;
	if (mount_kind_parse(mount, &options) != MOUNT_KIND_BIND)
		return 0;
	return warn_of_locked_atime(mount_bind_open(mount->source, &options, ret_fd, err), &options,
				    mount->destination);
}

int mount_attach(const struct mount_context *ctx, const struct oci_mount *mount, int *tree_fd,
		 struct error *err)
{
	char path[PATH_MAX];
	auto_job job = { .ctx = ctx,
			 .mount = mount,
			 .target.fd = -1,
			 .source_fd = -1,
			 .mount_fd = TAKE_FD(*tree_fd) };

	mount_kind_parse(mount, &job.options);
	if (inroot_clean(mount->destination, path) < 0)
		return fail(err, ENAMETOOLONG, "the destination's path is too long");
	job.target = mount_kind_target(mount, &job.options, path);
	return attach_bind(&job, err);
}
