/* delegation.c - see delegation.h */
#include "container/delegation.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "cgroup/delegate.h"
#include "container/annotations.h"
#include "container/stdio_owner.h"

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

static bool is_writable_cgroup(const struct oci_mount *mount)
{
	if (!str_equal(mount->destination, "/sys/fs/cgroup") ||
	    (!str_equal(mount->type, "cgroup") && !str_equal(mount->type, "cgroup2")))
		return false;
	for (size_t i = 0; i < mount->options.n; i++)
		if (str_equal(mount->options.items[i], "ro"))
			return false;
	return true;
}

bool delegation_is_due(const struct container *container)
{
	const struct oci_config *config = &container->bundle.config;

	if (container->cgroup.fd < 0 || !(container->plan.own & CLONE_NEWCGROUP))
		return false;
	for (size_t i = 0; i < config->mounts.n; i++)
		if (is_writable_cgroup(&config->mounts.items[i]))
			return true;
	return false;
}

int delegation_apply(const struct container *container, struct error *err)
{
	int cgroup = container->sub_cgroup >= 0 ? container->sub_cgroup : container->cgroup.fd;
	const struct oci_user *user = container_process(container)->user;
	uid_t owner;

	if (!delegation_is_due(container))
		return 0;
	if (!user_on_host(container->init.pid, user ? user->uid : 0, &owner)) {
		log_warning("the cgroup is not handed over: process.user.uid has no id on the host");
		return 0;
	}
	return cgroup_delegate(cgroup, owner, err);
}
