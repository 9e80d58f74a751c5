/* check.c - see check.h */
#include "container/check.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cgroup/cgroup.h"
#include "container/annotations.h"
#include "container/delegation.h"
#include "container/hooks.h"
#include "linux/apparmor.h"
#include "linux/cpu_affinity.h"
#include "linux/devices.h"
#include "linux/idmap.h"
#include "linux/intel_rdt.h"
#include "linux/io_priority.h"
#include "linux/memory_policy.h"
#include "linux/mounts.h"
#include "linux/net_device.h"
#include "linux/oom.h"
#include "linux/personality.h"
#include "linux/rlimits.h"
#include "linux/scheduler.h"
#include "linux/seccomp.h"
#include "linux/selinux.h"
#include "linux/sysctl.h"
#include "linux/timens.h"
#include "linux/uts.h"

static int required(const void *member, const char *where, struct error *err)
{
	return member ? 0 : fail_at(err, EINVAL, where, "is required to create a container");
}

static int version_check(const char *version, struct error *err)
{
	if (str_after(version, "1."))
		return 0;
	return fail_at(err, EINVAL, "ociVersion", "version '%s' is not supported (1.x is)",
		       version);
}

/* (uid_t) -1 means "leave it": setresuid(2) would succeed and change nothing. */
static int user_check(const struct oci_user *user, struct error *err)
{
	char where[64];

	if (user->uid == UINT32_MAX)
		return fail_at(err, EINVAL, "process.user.uid", "%u is no user", user->uid);
	if (user->gid == UINT32_MAX)
		return fail_at(err, EINVAL, "process.user.gid", "%u is no group", user->gid);
	if (user->umask.is_set && user->umask.value > 0777)
		return fail_at(err, ERANGE, "process.user.umask", "%#o is above 0777",
			       user->umask.value);
	for (size_t i = 0; i < user->additional_gids.n; i++) {
		if (user->additional_gids.items[i] != UINT32_MAX)
			continue;
		snprintf(where, sizeof(where), "process.user.additionalGids[%zu]", i);
		return fail_at(err, EINVAL, where, "%u is no group",
			       user->additional_gids.items[i]);
	}
	return 0;
}

int process_check(const struct oci_process *process, struct error *err)
{
	int r;

	if (!process->args.n || !process->args.items[0][0])
		return fail_at(err, EINVAL, "process.args", "names no program");
	if (process->cwd[0] != '/')
		return fail_at(err, EINVAL, "process.cwd", "'%s' is not an absolute path",
			       process->cwd);
	r = process->user ? user_check(process->user, err) : 0;
	if (r == 0)
		r = rlimits_check(process->rlimits.items, process->rlimits.n, err);
	if (r == 0 && process->oom_score_adj.is_set)
		r = oom_score_adj_check(process->oom_score_adj.value, err);
	if (r == 0 && process->scheduler)
		r = scheduler_check(process->scheduler, err);
	if (r == 0 && process->io_priority)
		r = io_priority_check(process->io_priority, err);
	if (r == 0)
		r = cpu_affinity_check(process->exec_cpu_affinity, err);
	if (r == 0 && process->selinux_label)
		r = selinux_check(process->selinux_label, "process.selinuxLabel", err);
	if (r == 0 && process->apparmor_profile)
		r = apparmor_check(process->apparmor_profile, err);
	return r;
}

static int mounts_check(const struct oci_config *config, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < config->mounts.n && r == 0; i++)
		r = mount_check(&config->mounts.items[i], i, config->linux, err);
	return r;
}

static int paths_check(const struct oci_strings *paths, const char *member, struct error *err)
{
	char where[48];

	for (size_t i = 0; i < paths->n; i++) {
		if (paths->items[i][0] == '/')
			continue;
		snprintf(where, sizeof(where), "linux.%s[%zu]", member, i);
		return fail_at(err, EINVAL, where, "'%s' is not an absolute path", paths->items[i]);
	}
	return 0;
}

static int linux_check(const struct oci_linux *section, enum cgroup_manager manager,
		       struct error *err)
{
	int r;

	r = idmap_check(section->uid_mappings.items, section->uid_mappings.n, "linux.uidMappings",
			err);
	if (r == 0)
		r = idmap_check(section->gid_mappings.items, section->gid_mappings.n,
				"linux.gidMappings", err);
	if (r == 0)
		r = timens_check(&section->time_offsets, err);
	if (r == 0)
		r = devices_check(section->devices.items, section->devices.n, err);
	if (r == 0)
		r = cgroup_resources_check(manager, section->resources, err);
	if (r == 0 && section->seccomp)
		r = seccomp_check(section->seccomp, err);
	if (r == 0)
		r = paths_check(&section->masked_paths, "maskedPaths", err);
	if (r == 0)
		r = paths_check(&section->readonly_paths, "readonlyPaths", err);
	if (r == 0 && section->mount_label)
		r = selinux_check(section->mount_label, "linux.mountLabel", err);
	if (r == 0 && section->intel_rdt)
		r = intel_rdt_check(section->intel_rdt, err);
	if (r == 0 && section->memory_policy)
		r = memory_policy_check(section->memory_policy, err);
	if (r == 0 && section->personality)
		r = personality_check(section->personality, err);
	return r;
}

static int raw_filter_check(const struct oci_config *config, struct error *err)
{
	struct seccomp_program program;
	int r = annotation_filter(&config->annotations, config->linux->seccomp, &program, err);

	seccomp_program_release(&program);
	return r;
}

int config_check(const struct oci_config *config, enum cgroup_manager manager, struct error *err)
{
	int r;

	r = version_check(config->oci_version, err);
	if (r == 0)
		r = required(config->root, "root", err);
	if (r == 0)
		r = required(config->process, "process", err);
	if (r == 0)
		r = required(config->linux, "linux", err);
	if (r == 0)
		r = process_check(config->process, err);
	if (r == 0)
		r = uts_check(config->hostname, config->domainname, err);
	if (r == 0)
		r = mounts_check(config, err);
	if (r == 0 && config->hooks)
		r = hooks_check(config->hooks, err);
	if (r == 0)
		r = annotations_check(&config->annotations, err);
	if (r == 0)
		r = raw_filter_check(config, err);
	if (r == 0)
		r = delegation_check(config, err);
	return r < 0 ? r : linux_check(config->linux, manager, err);
}

static int user_namespace_check(const struct oci_linux *section, const struct launch_plan *plan,
				struct error *err)
{
	if (plan->has_new_user && !section->uid_mappings.n)
		return fail_at(err, EINVAL, "linux.uidMappings", "a new user namespace needs them");
	if (plan->has_new_user && !section->gid_mappings.n)
		return fail_at(err, EINVAL, "linux.gidMappings", "a new user namespace needs them");
	if (!(plan->own & CLONE_NEWUSER) && section->uid_mappings.n)
		return fail_at(err, EINVAL, "linux.uidMappings",
			       "there is no user namespace in linux.namespaces");
	if (!(plan->own & CLONE_NEWUSER) && section->gid_mappings.n)
		return fail_at(err, EINVAL, "linux.gidMappings",
			       "there is no user namespace in linux.namespaces");
	return 0;
}

/* In a new user namespace; that of one that is joined is seen when the program takes its user. */
static int user_is_mapped(const struct oci_linux *section, const struct oci_process *process,
			  struct error *err)
{
	static const struct oci_user root;
	const struct oci_user *user = process->user ? process->user : &root;
	uint32_t id;

	if (!idmap_to_host(section->uid_mappings.items, section->uid_mappings.n, user->uid, &id))
		return fail_at(err, EINVAL, "process.user.uid",
			       "the user namespace does not map the user %u", user->uid);
	if (!idmap_to_host(section->gid_mappings.items, section->gid_mappings.n, user->gid, &id))
		return fail_at(err, EINVAL, "process.user.gid",
			       "the user namespace does not map the group %u", user->gid);
	return 0;
}

/* "" is no name, as with other runtimes. */
static bool is_given(const char *name)
{
	return name && *name;
}

int plan_check(const struct oci_config *config, const struct launch_plan *plan, struct error *err)
{
	bool has_uts = plan->own & CLONE_NEWUTS;
	int r;

	if (!(plan->own & CLONE_NEWNS))
		return fail_at(err, EINVAL, "linux.namespaces",
			       "a container needs a mount namespace: the mounts would be the host's");
	if (is_given(config->hostname) && !has_uts)
		return fail_at(err, EINVAL, "hostname",
			       "there is no uts namespace in linux.namespaces");
	if (is_given(config->domainname) && !has_uts)
		return fail_at(err, EINVAL, "domainname",
			       "there is no uts namespace in linux.namespaces");
	r = user_namespace_check(config->linux, plan, err);
	if (r == 0 && plan->has_new_user)
		r = user_is_mapped(config->linux, config->process, err);
	if (r == 0)
		r = net_devices_check(config->linux->net_devices.items,
				      config->linux->net_devices.keys, config->linux->net_devices.n,
				      plan->own & CLONE_NEWNET, err);
	if (r < 0)
		return r;
	return sysctl_check(&config->linux->sysctl, plan->own, is_given(config->hostname),
			    is_given(config->domainname), err);
}

/* What the caller left open for us is not close-on-exec; all of ours is. */
static bool is_inherited(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	return flags >= 0 && !(flags & FD_CLOEXEC);
}

int options_check(const struct oci_config *config, const struct create_options *options,
		  bool is_foreground, unsigned int kept_fds, struct error *err)
{
	bool terminal = config->process->terminal;

	if (terminal && !is_foreground && !options->console_socket)
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "process.terminal is true: --console-socket must say who gets the terminal");
	if (!terminal && options->console_socket)
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "--console-socket is given, but process.terminal is false");
	for (unsigned int i = 0; i < kept_fds; i++)
		if (!is_inherited(3 + (int) i))
			return fail_as(err, ERROR_USAGE, EBADF,
				       "the container is to get %u descriptors (--preserve-fds, "
				       "LISTEN_FDS), but %u is not open",
				       kept_fds, 3 + i);
	return 0;
}
