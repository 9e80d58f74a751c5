/* mount_cgroup.c - see mount_cgroup.h */
#include "linux/mount_cgroup.h"

#include <errno.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include "base/libc.h"
#include "base/privilege.h"
#include "linux/mount_bind.h"
#include "linux/mount_fs.h"

#define HIERARCHY "/sys/fs/cgroup"

/* Whatever the configuration asks for. */
static void make_read_only(struct mount_options *options)
{
	options->attr_set |= MOUNT_ATTR_RDONLY;
	options->attr_clear &= ~(uint64_t) MOUNT_ATTR_RDONLY;
	options->rec_attr_set |= MOUNT_ATTR_RDONLY;
	options->rec_attr_clear &= ~(uint64_t) MOUNT_ATTR_RDONLY;
}

/* Not on a hybrid host, where the hierarchies of cgroup v1 lie there, too. */
static bool is_v2_alone(void)
{
	struct statfs fs;

	return statfs(HIERARCHY, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

static int bind_cgroup(bool in_user_ns, int source_fd, const struct mount_options *options,
		       int *ret_fd, struct error *err)
{
	const bool has_own = source_fd >= 0;
	struct mount_options changed = *options;

	changed.is_recursive = !has_own;
	if (!has_own || in_user_ns)
		make_read_only(&changed);
	/* the runtime itself may be in a user namespace, and then more of the host's tree belongs to its user */
	if (has_own && (in_user_ns || is_unprivileged() || !is_v2_alone()))
		return mount_bind_open_fd(source_fd, "cgroup", &changed, ret_fd, err);
	return mount_bind_open(HIERARCHY, &changed, ret_fd, err);
}

int mount_cgroup_open(bool has_cgroup_ns, bool in_user_ns, int source_fd,
		      const struct mount_options *options, int *ret_fd, struct error *err)
{
	const struct mount_fs fs = { .type = "cgroup2", .source = "cgroup" };
	int r;

	if (!has_cgroup_ns)
		return bind_cgroup(in_user_ns, source_fd, options, ret_fd, err);
	r = mount_fs_open(&fs, options, ret_fd, err);
	if (in_user_ns && (r == -EPERM || r == -EBUSY))
		return bind_cgroup(in_user_ns, source_fd, options, ret_fd, err);
	return r;
}
