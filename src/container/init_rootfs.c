/* init_rootfs.c - init's steps: the container's file system, and into it */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/libc.h"
#include "base/text.h"
#include "cgroup/path.h"
#include "container/annotations.h"
#include "container/container.h"
#include "container/hooks.h"
#include "container/init.h"
#include "container/sync.h"
#include "linux/devices.h"
#include "linux/inroot.h"
#include "linux/masks.h"
#include "linux/mount_kind.h"
#include "linux/mounts.h"
#include "linux/rlimits.h"
#include "linux/rootfs.h"
#include "linux/selinux.h"
#include "linux/terminal.h"

static bool in_user_namespace(const struct init *init)
{
	return init->container->plan.has_new_user || init->container->plan.has_joined_user;
}

int rootfs_step(struct init *init, struct error *err)
{
	const char *path = init->container->rootfs;
	char buf[FD_PATH_MAX];

	if (init->rootfs_source >= 0)
		path = fd_path(init->rootfs_source, buf);
	return rootfs_open(path, init->container->rootfs_propagation, &init->rootfs, err);
}

/* By path: a descriptor from before the clone is on a mount of the host's namespace, which cannot
 * be bound into ours. */
static int open_cgroup(struct init *init, struct error *err)
{
	const struct cgroup *cgroup = &init->container->cgroup;
	auto_free char *own = NULL, *path = NULL;

	if (!cgroup->mount || (init->container->plan.own & CLONE_NEWCGROUP))
		return 0;
	/* where systemd put us the host learnt only after it had made us; and with a sub-cgroup we are in that */
	if ((cgroup->scope || init->container->sub_cgroup >= 0) && cgroup_path_own(&own, err) < 0)
		return -err->code;
	path = xasprintf("%s%s", cgroup->mount, own ? own : cgroup->path);
	init->cgroup = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return init->cgroup < 0 ? fail_errno(err, "open the cgroup '%s'", path) : 0;
}

int bundle_step(struct init *init, struct error *err)
{
	const char *path = init->container->bundle.path;

	if (chdir(path) < 0)
		return fail_errno(err, "enter '%s'", path);
	return open_cgroup(init, err);
}

/* Sources are open until they are bound, and what becomes read-only last is open until it does. */
int raise_files_step(struct init *init, struct error *err)
{
	return files_limit_raise(&init->files, err);
}

int restore_files_step(struct init *init, struct error *err)
{
	return files_limit_restore(&init->files, err);
}

/* Which row asks. */
struct map_request {
	struct init *init;
	size_t index;
};

static int ask_to_map(void *data, int mount_fd, struct error *err)
{
	const struct map_request *request = data;

	return init_ask(request->init, SYNC_MAP_MOUNT, (int) request->index, mount_fd, err);
}

static int fail_mount(size_t i, const char *destination, struct error *err)
{
	fail_in(err, "mounts[%zu] '%s'", i, destination);
	return fail_place(err, "mounts[%zu]", i);
}

int mounts_step(struct init *init, struct error *err)
{
	struct map_request request = { .init = init };
	const struct mount_context context = {
		.root_fd = init->rootfs,
		.in_user_ns = in_user_namespace(init),
		.has_cgroup_ns = init->container->plan.own & CLONE_NEWCGROUP,
		.cgroup_source_fd = init->cgroup,
		.label = selinux_label(init->linux->mount_label),
		.label_option = annotation_context_type(&init->config->annotations),
		.propagation = rootfs_propagation_of_rows(init->container->rootfs_propagation),
		.map_ids = ask_to_map,
		.map_ids_data = &request,
		.late = &init->late,
	};

	for (size_t i = 0; i < init->config->mounts.n; i++) {
		const struct oci_mount *mount = &init->config->mounts.items[i];

		request.index = i;
		if (init->awaits_network && mount_sees_network(mount) && network_step(init, err) < 0)
			return -err->code;
		if (mount_apply(&context, mount, init->sources ? init->sources[i] : -1, err) < 0)
			return fail_mount(i, mount->destination, err);
		if (init->sources)
			cleanup_fd(&init->sources[i]);
	}
	return 0;
}

static bool binds_dev(const struct init *init)
{
	for (size_t i = 0; i < init->config->mounts.n; i++)
		if (mount_binds(&init->config->mounts.items[i], "/dev"))
			return true;
	return false;
}

int devices_step(struct init *init, struct error *err)
{
	if (binds_dev(init))
		return 0;
	return devices_apply(init->rootfs, init->linux->devices.items, init->linux->devices.n,
			     in_user_namespace(init), err);
}

int terminal_step(struct init *init, struct error *err)
{
	auto_fd master = -1;
	int r;

	r = terminal_open(init->rootfs, init->process->console_size, &master, &init->terminal, err);
	if (r < 0)
		return r;
	return init_ask(init, SYNC_CONSOLE, 0, master, err);
}

int console_step(struct init *init, struct error *err)
{
	return console_apply(init->rootfs, init->terminal, err);
}

int host_hooks_step(struct init *init, struct error *err)
{
	return init_ask(init, SYNC_HOOKS, 0, -1, err);
}

/* Their paths are the host's, their namespaces the container's: so before the root changes. */
int create_container_hooks_step(struct init *init, struct error *err)
{
	struct oci_state state = container_oci_state(init->container, "creating", getpid());

	const struct hook_context context = container_hook_context(init->container, &state, NULL);

	return hooks_run(&init->config->hooks->create_container, "createContainer", &context, err);
}

int masks_step(struct init *init, struct error *err)
{
	int r;

	r = readonly_paths_apply(init->rootfs, &init->linux->readonly_paths, err);
	if (r < 0)
		return r;
	return masked_paths_apply(init->rootfs, &init->linux->masked_paths,
				  selinux_label(init->linux->mount_label), err);
}

/* runc makes a missing one too, and images rely on it. */
int make_cwd_step(struct init *init, struct error *err)
{
	const char *cwd = init->process->cwd;
	auto_fd fd = inroot_open(init->rootfs, cwd, O_PATH);

	if (fd >= 0 || fd != -ENOENT)
		return 0;
	if (inroot_make_dir(init->rootfs, cwd, 0755, &fd, err) < 0)
		return fail_at(err, err->code, "process.cwd", "make the directory '%s': %s", cwd,
			       strerror(err->code));
	return 0;
}

int readonly_mounts_step(struct init *init, struct error *err)
{
	return mount_late_apply(&init->late, err);
}

int pivot_step(struct init *init, struct error *err)
{
	int r;

	r = rootfs_pivot(init->rootfs, init->container->options->no_pivot, err);
	if (r < 0)
		return r;
	cleanup_fd(&init->rootfs);
	cleanup_fd(&init->rootfs_source);
	cleanup_fd(&init->cgroup);
	return rootfs_propagation_apply(init->container->rootfs_propagation, err);
}

int readonly_step(struct init *init, struct error *err)
{
	(void) init;
	return rootfs_readonly_apply(err);
}
