/* container.c - see container.h */
#include "container/container.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "container/annotations.h"
#include "container/check.h"
#include "container/self_start.h"
#include "container/sync.h"
#include "linux/clone.h"
#include "linux/idmap.h"
#include "linux/rootfs.h"

void container_init(struct container *container, const struct create_options *options)
{
	*container = (struct container){
		.options = options,
		.bundle = BUNDLE_NONE,
		.dir = STATE_DIR_NONE,
		.rdt = INTEL_RDT_NONE,
		.cgroup = CGROUP_NONE,
		.sub_cgroup = -1,
		.init = CHILD_NONE,
		.sock = -1,
		.init_sock = -1,
		.start_sock = -1,
		.silence_limit = SYNC_CREATE_LIMIT_SECONDS,
		.hooks_out = -1,
		.hooks_err = -1,
		.console = -1,
	};
	for (size_t i = 0; i < NAMESPACES_MAX; i++)
		container->requests[i].fd = -1;
}

static void undo_rdt(struct intel_rdt *rdt)
{
	struct error ignored;

	intel_rdt_delete(rdt->is_made ? rdt->group : NULL, rdt->is_written ? rdt->monitor : NULL,
			 &ignored);
	intel_rdt_release(rdt);
}

void container_undo(struct container *container)
{
	beside_release(container);
	cleanup_fd(&container->sock);
	child_release(&container->init);
	cleanup_fd(&container->sub_cgroup);
	cgroup_undo(&container->cgroup);
	undo_rdt(&container->rdt);
	state_dir_release(&container->dir);
}

void container_release(struct container *container)
{
	container_undo(container);
	cleanup_fd(&container->start_sock);
	cleanup_fd(&container->console);
	cleanup_fd(&container->hooks_out);
	cleanup_fd(&container->hooks_err);
	for (size_t i = 0; i < NAMESPACES_MAX; i++)
		cleanup_fd(&container->requests[i].fd);
	seccomp_program_release(&container->filter);
	device_filter_release(&container->device_filter);
	self_start_release(container);
	free(container->rootfs);
	bundle_release(&container->bundle);
}

const struct oci_process *container_process(const struct container *container)
{
	return container->bundle.config.process;
}

const struct oci_linux *container_linux(const struct container *container)
{
	static const struct oci_linux nothing;

	return container->bundle.config.linux ? container->bundle.config.linux : &nothing;
}

struct oci_state container_oci_state(const struct container *container, const char *status,
				     pid_t pid)
{
	const struct oci_config *config = &container->bundle.config;

	return (struct oci_state){
		.oci_version = config->oci_version,
		.id = (char *) container->options->id,
		.status = (char *) status,
		.pid = { .is_set = pid > 0, .value = pid },
		.bundle = container->bundle.path,
		.annotations = config->annotations,
	};
}

struct hook_context container_hook_context(const struct container *container,
					   const struct oci_state *state, const char *cwd)
{
	return (struct hook_context){ state, cwd, container->hooks_out, container->hooks_err,
				      NULL };
}

unsigned int container_kept_fds(const struct container *container)
{
	return container->listen_fds + container->options->preserve_fds;
}

/* LISTEN_FDS counts only when it was meant for this process, and not for a parent of it. */
unsigned int container_listen_fds(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uint64_t number, count;

	if (!pid || !fds || parse_u64(pid, INT32_MAX, &number) < 0 ||
	    parse_u64(fds, INT16_MAX, &count) < 0 || (pid_t) number != getpid())
		return 0;
	return (unsigned int) count;
}

static int plan_namespaces(struct container *container, struct error *err)
{
	const struct oci_linux *section = container_linux(container);
	size_t n;
	int r;

	r = namespace_requests_open(section->namespaces.items, section->namespaces.n,
				    container->requests, &n, err);
	return r < 0 ? r
		     : launch_plan(container->requests, n, section->time_offsets.n > 0,
				   &container->plan, err);
}

static int plan_rootfs(struct container *container, struct error *err)
{
	const struct oci_root *root = container->bundle.config.root;
	auto_free char *joined = NULL;
	struct stat st;

	if (!root->path[0])
		return fail_at(err, EINVAL, "root.path", "is empty");
	joined = root->path[0] == '/' ? xstrdup(root->path)
				      : xasprintf("%s/%s", container->bundle.path, root->path);
	container->rootfs = realpath(joined, NULL);
	if (!container->rootfs || stat(container->rootfs, &st) < 0 || !S_ISDIR(st.st_mode)) {
		int code = container->rootfs ? ENOTDIR : errno;

		fail_at(err, code, "root.path", "the root file system '%s': %s", joined,
			strerror(code));
		return fail_class(err, ERROR_BUNDLE, "root.path");
	}
	return 0;
}

/* Memory limits.  Below the first, the kernel's price for making a container could reach the limit; below the
 * second, what most containers cost, some hundred kilobytes, comes near it. */
#define AMPLE_MEMORY (16 << 20)
#define VERY_LITTLE_MEMORY (2 << 20)

static bool has_memory_below(const struct container *container, int64_t bytes)
{
	const struct oci_resources *resources = container_linux(container)->resources;
	const struct oci_memory *memory = resources ? resources->memory : NULL;

	return memory && memory->limit.value > 0 && memory->limit.value < bytes;
}

bool container_has_very_little_memory(const struct container *container)
{
	return has_memory_below(container, VERY_LITTLE_MEMORY);
}

/* Whether the runtime lives on beside the container whose OOM score it writes. */
static bool stays_beside(const struct container *container)
{
	return container->start_sock < 0 && !container->options->detach && !container->is_exec;
}

bool container_shares_memory(const struct container *container)
{
	const struct launch_plan *plan = &container->plan;

	if (plan->has_stage || plan->has_joined_user || (plan->own & CLONE_NEWTIME))
		return false;
	/* a listener is handed over by a thread, which the C library keeps account of */
	if (seccomp_notifies(&container->filter))
		return false;
	if (has_memory_below(container, AMPLE_MEMORY))
		return false;
	/* systemd moves init away from us while it waits */
	if (container->cgroup.scope)
		return false;
	if (container_process(container)->oom_score_adj.is_set && stays_beside(container))
		return false;
	return clone_can_share();
}

/* To the groups that we are in, which changes nothing: the kernel is asked sooner than /proc. */
static bool can_set_own_groups(void)
{
	gid_t groups[64];
	int n = getgroups(ARRAY_SIZE(groups), groups);

	return n >= 0 && setgroups((size_t) n, groups) == 0;
}

int container_plan(struct container *container, struct error *err)
{
	const struct create_options *options = container->options;
	const struct oci_linux *section;
	const struct oci_process *process;
	int r;

	container->listen_fds = container_listen_fds();
	r = bundle_open(options->bundle, options->config, options->root, &container->bundle,
			&container->filter, err);
	if (r < 0)
		return r;
	r = config_check(&container->bundle.config, options->cgroup_manager, err);
	if (r < 0)
		return r;
	r = plan_rootfs(container, err);
	if (r < 0)
		return r;
	r = plan_namespaces(container, err);
	if (r < 0)
		return r;
	r = plan_check(&container->bundle.config, &container->plan, err);
	if (r < 0)
		return r;

	container->is_users = geteuid() != 0;
	/* root of a user namespace that a user has made may lack that right */
	if (!(container->plan.own & CLONE_NEWUSER) && !can_set_own_groups())
		container->denies_setgroups = idmap_denies_setgroups(getpid());
	process = container_process(container);
	section = container_linux(container);
	r = capabilities_plan(process->capabilities, &container->capabilities, err);
	if (r < 0)
		return r;
	/* clang-format off */
	if (rootfs_propagation_parse(section->rootfs_propagation, &container->rootfs_propagation) < 0)
		/* clang-format on */
		return fail_at(err, EINVAL, "linux.rootfsPropagation", "unknown value '%s'",
			       section->rootfs_propagation);
	return 0;
}

int container_compile(struct container *container, struct error *err)
{
	const struct oci_seccomp *section = container_linux(container)->seccomp;
	bool refuses_unknown =
		annotation_is_on(&container->bundle.config.annotations, ANNOTATION_SECCOMP_UNKNOWN);
	int r;

	if (container->filter.filter)
		return 0;
	r = annotation_filter(&container->bundle.config.annotations, section, &container->filter,
			      err);
	if (r < 0 || container->filter.filter || !section)
		return r;
	return seccomp_compile_cached(container->dir.root_fd, section, container->bundle.seccomp,
				      refuses_unknown, &container->filter, err);
}
