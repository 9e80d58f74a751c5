/* exec.c - see exec.h */
#include "container/exec.h"

#include <errno.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "container/check.h"
#include "container/container.h"
#include "container/exec_process.h"
#include "container/host.h"
#include "container/record.h"
#include "container/signal_init.h"
#include "container/start_socket.h"
#include "container/starvation.h"
#include "container/stdio_owner.h"
#include "container/stored.h"
#include "container/supervise.h"
#include "container/sync.h"
#include "linux/cpu_affinity.h"
#include "linux/exe_seal.h"
#include "linux/idmap.h"
#include "linux/intel_rdt.h"
#include "linux/namespaces.h"
#include "linux/oom.h"

/* The container that exists: what is remembered of it, and its init. */
struct target {
	struct container_record record;
	enum container_status status;
	int pidfd;
	struct join_list namespaces; /* init's, where it had to be asked for them */
};

static void target_release(struct target *target)
{
	record_release(&target->record);
	cleanup_fd(&target->pidfd);
	for (size_t i = 0; i < target->namespaces.n; i++)
		cleanup_fd(&target->namespaces.items[i].fd);
}

static int check_status(const struct exec_options *options, enum container_status status,
			struct error *err)
{
	const char *id = options->common.id;

	if (status == STATUS_RUNNING || status == STATUS_CREATED)
		return 0;
	if (status == STATUS_PAUSED && options->ignore_paused)
		return 0;
	return fail_as(err, ERROR_STATE, EINVAL, "cannot exec in container '%s': it is %s%s", id,
		       container_status_name(status),
		       status == STATUS_PAUSED
			       ? " (use --ignore-paused to wait until it is resumed)"
			       : "");
}

static int find_target(struct container *container, const struct exec_options *options,
		       struct target *target, struct error *err)
{
	struct state_dir *dir = &container->dir;
	int r;

	r = state_dir_open(options->common.root, options->common.id, dir, err);
	if (r == 0)
		r = record_load(dir, &target->record, err);
	if (r < 0)
		return r;
	target->status = record_status(&target->record, dir);
	r = check_status(options, target->status, err);
	container->target_pid = (pid_t) target->record.pid;
	return r < 0 ? r : init_pidfd(&target->record, dir, &target->pidfd, err);
}

/* The configuration as create read it; its process becomes that which we run. */
static int plan_process(struct container *container, const struct exec_options *options,
			const struct target *target, struct error *err)
{
	struct bundle *bundle = &container->bundle;
	int r;

	r = stored_bundle_read(&container->dir, bundle, &container->filter, err);
	if (r < 0)
		return r;
	bundle->path = xstrdup(target->record.bundle);
	r = exec_process_plan(options, bundle->config.process, err);
	if (r < 0)
		return r;
	container->listen_fds = container_listen_fds();
	r = options_check(&bundle->config, container->options, !options->common.detach,
			  container_kept_fds(container), err);
	if (r < 0)
		return r;
	r = capabilities_plan(container_process(container)->capabilities, &container->capabilities,
			      err);
	return r < 0 ? r : container_compile(container, err);
}

/* Those that create made new: nobody else is in them. */
static uint64_t made_namespaces(const struct oci_linux *section)
{
	uint64_t made = 0;

	for (size_t i = 0; i < section->namespaces.n; i++) {
		const struct oci_namespace *namespace = &section->namespaces.items[i];

		if (!namespace->path || !*namespace->path)
			made |= namespace_flag(namespace->type);
	}
	return made;
}

/* By init's pidfd, all at once.  The pid namespace is for children, so we enter it before the
 * clone, if we may: else a process in between does, which has first become root of the container's
 * user namespace. */
static int plan_joins_by_pidfd(struct launch_plan *plan, const struct target *target,
			       struct error *err)
{
	uint64_t joins = plan->own;
	int r;

	if (joins & CLONE_NEWPID) {
		r = namespace_join(target->pidfd, CLONE_NEWPID, err);
		if (r < 0 && r != -EPERM)
			return r;
		plan->has_stage = r < 0;
		if (!plan->has_stage)
			joins &= ~(uint64_t) CLONE_NEWPID;
	}
	if (joins)
		plan->joins = (struct join_list){ 1, { { joins, target->pidfd } } };
	return 0;
}

/* Where we may not look into a created init it gives us its namespaces; a process in between joins
 * them, one after the other. */
static int plan_joins_by_asking(struct container *container, struct target *target,
				struct error *err)
{
	struct launch_plan *plan = &container->plan;
	int r;

	r = start_socket_namespaces(&container->dir, &target->namespaces, err);
	if (r < 0)
		return r;
	plan->joins = target->namespaces;
	for (size_t i = 0; i < plan->joins.n; i++)
		plan->own |= plan->joins.items[i].flag;
	plan->has_stage = plan->own & CLONE_NEWPID;
	return 0;
}

/* All namespaces that init is in and we are not. */
static int plan_joins(struct container *container, struct target *target, struct error *err)
{
	struct launch_plan *plan = &container->plan;
	pid_t pid = (pid_t) target->record.pid;
	int r;

	r = namespaces_differ(pid, made_namespaces(container_linux(container)), &plan->own, err);
	/* the other two are what hidepid makes of it */
	if ((r == -EACCES || r == -ENOENT || r == -EPERM) && target->status == STATUS_CREATED)
		r = plan_joins_by_asking(container, target, err);
	else if (r == 0)
		r = plan_joins_by_pidfd(plan, target, err);
	plan->has_joined_user = plan->own & CLONE_NEWUSER;
	container->denies_setgroups = idmap_denies_setgroups(pid);
	return r;
}

/* "[CONTROLLER:]PATH": cgroup v2 has one hierarchy for all controllers. */
static int sub_cgroup(const struct exec_words *words, const char **ret_path, struct error *err)
{
	for (size_t i = 0; i < words->n; i++) {
		const char *colon = strchr(words->items[i], ':');
		const char *path = colon ? colon + 1 : words->items[i];

		if (colon == words->items[i] || !*path)
			return fail_as(err, ERROR_USAGE, EINVAL,
				       "option '--cgroup': '%s' is not [CONTROLLER:]PATH",
				       words->items[i]);
		if (i && !str_equal(path, *ret_path))
			return fail_as(err, ERROR_USAGE, EINVAL,
				       "option '--cgroup': '%s' and '%s' differ, and cgroup v2 has "
				       "one cgroup for all controllers",
				       *ret_path, path);
		*ret_path = path;
	}
	return 0;
}

static int open_cgroup(struct container *container, const struct exec_options *options,
		       const struct target *target, struct error *err)
{
	const struct container_record *record = &target->record;
	struct cgroup top = CGROUP_NONE;
	const char *below = NULL;
	int r;

	r = sub_cgroup(&options->cgroups, &below, err);
	if (r < 0)
		return r;
	if (!record->cgroup_path)
		return below ? fail_as(err, ERROR_USAGE, EINVAL,
				       "option '--cgroup': container '%s' has no cgroup",
				       record->id)
			     : 0;
	r = cgroup_open(record->cgroup_mount, record->cgroup_path, &top, err);
	/* whoever manages cgroups has moved it elsewhere, and removed its own */
	if (r == -ENOENT && !below)
		r = cgroup_open_of((pid_t) record->pid, record->cgroup_mount, &top, err);
	if (r < 0 || !below) {
		container->cgroup = top;
		return r;
	}
	r = cgroup_open_below(&top, below, &container->cgroup, err);
	cgroup_release(&top);
	return r;
}

/* What the process is born with.  The container sees it from its first moment on, so nobody may
 * look into it: it is a copy of us, or in our memory.  (A process in between hides itself: init.c.) */
static int prepare_clone(struct container *container, struct error *err)
{
	const struct oci_process *process = container_process(container);
	const struct oci_exec_cpu_affinity *affinity = process->exec_cpu_affinity;
	int r = 0;

	if (affinity)
		r = cpu_affinity_apply(affinity->initial, err);
	if (r == 0 && process->oom_score_adj.is_set)
		r = oom_score_adj_write(getpid(), process->oom_score_adj.value, err);
	if (r == 0 && !container->plan.has_stage && prctl(PR_SET_DUMPABLE, 0) < 0)
		r = fail_errno(err, "forbid other processes to look into this one");
	return r;
}

/* A container that manages cgroups of its own (systemd) has handed the controllers on to them, and
 * then the kernel takes processes only there: where its init is, one more may be. */
static int launch(struct container *container, const struct exec_options *options,
		  const struct target *target, struct error *err)
{
	struct cgroup inits = CGROUP_NONE;
	int r = host_launch(container, err);

	if ((r != -EBUSY && r != -EOPNOTSUPP) || options->cgroups.n)
		return r;
	log_debug("exec: %s: so it goes where init is", err->text);
	cleanup_fd(&container->sock);
	r = cgroup_open_of((pid_t) target->record.pid, container->cgroup.mount, &inits, err);
	if (r < 0)
		return r;
	cgroup_release(&container->cgroup);
	container->cgroup = inits;
	return host_launch(container, err);
}

static int plan(struct container *container, const struct exec_options *options,
		struct target *target, struct error *err)
{
	int r;

	r = find_target(container, options, target, err);
	if (r == 0)
		r = plan_process(container, options, target, err);
	if (r == 0)
		r = open_cgroup(container, options, target, err);
	return r < 0 ? r : plan_joins(container, target, err);
}

/* From the clone until the program is executed. */
static int bring_up(struct container *container, const struct exec_options *options,
		    const struct target *target, struct error *err)
{
	int r;

	starvation_prepare(container);
	r = prepare_clone(container, err);
	if (r == 0 && container->plan.has_joined_user)
		stdio_give(container, (pid_t) target->record.pid);
	if (r == 0)
		r = launch(container, options, target, err);
	if (r == 0)
		r = host_serve(container, err);
	if (r == 0)
		r = intel_rdt_enter(container->init.pid, container_linux(container)->intel_rdt,
				    target->record.id, err);
	if (r == 0)
		r = host_announce(container, err);
	if (r == 0)
		r = host_start(container, err);
	return r < 0 ? starvation_explain(container, err) : starvation_check(container, err);
}

/* Where init has ended, or its first thread, the kernel's word depends on how far we came: no such process, or
 * file, or no memory, where a pid namespace has no init. */
static int explain_end(const struct target *target, struct error *err)
{
	const char *id = target->record.id;
	struct process_info init;
	bool is_read;

	if (target->pidfd < 0)
		return -err->code;
	is_read = process_read((pid_t) target->record.pid, &init) == 0;
	if (wait_for(target->pidfd, 0) > 0)
		fail_in(err, "container '%s' has ended", id);
	else if (is_read && init.state == 'Z')
		fail_in(err,
			"container '%s': init's first thread has ended, by which its namespaces are found",
			id);
	else if (is_read && init.is_ending)
		fail_in(err, "container '%s' is ending", id);
	else
		return -err->code;
	return fail_class(err, ERROR_STATE, NULL);
}

int container_exec(const struct exec_options *options, int *ret_status, struct error *err)
{
	__attribute__((cleanup(target_release))) struct target target = { .pidfd = -1 };
	auto_container container;
	int r;

	container_init(&container, &options->common);
	container.is_exec = true;
	container.silence_limit = options->ignore_paused ? 0 : SYNC_EXEC_LIMIT_SECONDS;
	r = exe_seal(err);
	if (r == 0)
		r = plan(&container, options, &target, err);
	if (r == 0 && !options->common.detach)
		supervise_prepare(!options->common.no_subreaper);
	if (r == 0)
		r = bring_up(&container, options, &target, err);
	if (r < 0)
		return explain_end(&target, err);
	*ret_status = 0;
	if (!options->common.detach)
		return supervise(&container.init, TAKE_FD(container.console), ret_status, err);
	container.init.pid = 0;
	return 0;
}
