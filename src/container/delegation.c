/* delegation.c - see delegation.h */
#include "container/delegation.h"

#include <limits.h>
#include <sched.h>
#include <string.h>

#include "base/libc.h"
#include "base/log.h"
#include "cgroup/delegate.h"
#include "container/annotations.h"
#include "linux/idmap.h"
#include "linux/inroot.h"
#include "linux/mount_kind.h"

static const char *sub_path(const struct oci_config *config)
{
	return annotation_get(&config->annotations, CGROUP_DELEGATE_ANNOTATION);
}

int delegation_check(const struct oci_config *config, struct error *err)
{
	const char *path = sub_path(config);

	return path ? cgroup_sub_path_check(path, err) : 0;
}

int delegation_prepare(struct container *container, struct error *err)
{
	const char *path = sub_path(&container->bundle.config);

	if (!path || container->cgroup.fd < 0)
		return 0;
	return cgroup_sub_path_make(&container->cgroup, path, &container->sub_cgroup, err);
}

int delegation_enter(struct container *container, struct error *err)
{
	const char *path = sub_path(&container->bundle.config);

	if (!path)
		return 0;
	return cgroup_sub_path_enter(&container->cgroup, path, container->init.pid,
				     &container->sub_cgroup, err);
}

static bool is_on_cgroup(const struct oci_mount *mount)
{
	char path[PATH_MAX];

	return mount->destination && inroot_clean(mount->destination, path) == 0 &&
	       strcmp(path, "/sys/fs/cgroup") == 0;
}

/* What the rows before have left there may be changed by this one. */
static void follow_mount(const struct oci_mount *mount, bool *is_cgroup, bool *is_writable)
{
	auto_mount_options options = { 0 };
	enum mount_kind kind;

	if (!is_on_cgroup(mount))
		return;
	kind = mount_kind_parse(mount, &options);
	if (kind != MOUNT_KIND_REMOUNT) {
		*is_cgroup = kind == MOUNT_KIND_CGROUP;
		*is_writable = true;
	}
	if (mount_options_attributes(&options) & MOUNT_ATTR_RDONLY)
		*is_writable = false;
	else if (options.attr_clear & MOUNT_ATTR_RDONLY)
		*is_writable = true;
}

bool delegation_is_due(const struct container *container)
{
	const struct oci_config *config = &container->bundle.config;
	bool is_cgroup = false, is_writable = false;

	if (container->cgroup.fd < 0 || !(container->plan.own & CLONE_NEWCGROUP))
		return false;
	for (size_t i = 0; i < config->mounts.n; i++)
		follow_mount(&config->mounts.items[i], &is_cgroup, &is_writable);
	return is_cgroup && is_writable;
}

int delegation_hand_over(const struct container *container, struct error *err)
{
	int cgroup = container->sub_cgroup >= 0 ? container->sub_cgroup : container->cgroup.fd;
	const struct oci_user *user = container_process(container)->user;
	uid_t owner;

	if (!delegation_is_due(container))
		return 0;
	if (!idmap_user_on_host(container->init.pid, user ? user->uid : 0, &owner)) {
		log_warning("the cgroup is not handed over: process.user.uid has no id on the host");
		return 0;
	}
	return cgroup_delegate(cgroup, owner, err);
}
