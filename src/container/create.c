/* create.c - see create.h */
#include "container/create.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/process.h"
#include "base/timestamp.h"
#include "container/check.h"
#include "container/container.h"
#include "container/create_steps.h"
#include "container/delegation.h"
#include "container/hooks.h"
#include "container/host.h"
#include "container/notify.h"
#include "container/ownership.h"
#include "container/record.h"
#include "container/self_start.h"
#include "container/starvation.h"
#include "container/stdio_owner.h"
#include "container/supervise.h"
#include "container/sync.h"
#include "linux/exe_seal.h"

int create_put_config(struct container *container)
{
	int r = container->has_config
			? 0
			: file_put_whole(container->dir.fd, STATE_CONFIG, container->bundle.json,
					 container->bundle.json_len, 0600);

	container->has_config = r == 0;
	return r;
}

int create_keep_config(struct container *container, struct error *err)
{
	int r = create_put_config(container);

	if (r < 0)
		return fail(err, -r, "write '%s/%s/%s': %s", container->dir.root, container->dir.id,
			    STATE_CONFIG, strerror(-r));
	return 0;
}

/* What create_record() writes down. */
static struct container_record record_of(const struct container *container, const char *status)
{
	const struct oci_config *config = &container->bundle.config;
	const struct oci_hooks *hooks = config->hooks;
	const struct scope *scope = container->cgroup.scope;

	return (struct container_record){
		.oci_version = config->oci_version,
		.id = (char *) container->options->id,
		.status = (char *) status,
		.pid = container->init.pid,
		.bundle = container->bundle.path,
		.rootfs = container->rootfs,
		.created = (char *) container->created,
		.owner = (uint32_t) getauxval(AT_UID),
		.has_hooks = hooks && (hooks->poststart.n || hooks->poststop.n),
		.hooks_limit = hooks ? hooks_limit(&hooks->start_container) : 0,
		.cgroup_mount = container->cgroup.mount,
		.cgroup_path = container->cgroup.path,
		.has_very_little_memory =
			container->cgroup.path && container_has_very_little_memory(container),
		.systemd_unit = scope ? scope->unit : NULL,
		.systemd_user = scope && scope->is_user,
		.rdt_group = container->rdt.makes_group && !container->rdt.keeps_group
				     ? container->rdt.group
				     : NULL,
		.rdt_monitor = container->rdt.monitor,
		.annotations = config->annotations,
	};
}

int create_record(const struct container *container, const char *status, struct error *err)
{
	struct container_record all = record_of(container, status);
	struct process_info init = { 0 };
	int r;

	if (container->init.pid > 0) {
		r = process_read(container->init.pid, &init);
		if (r < 0)
			init.start_time = container->init_start_time;
		if (r < 0 && !init.start_time)
			return fail(err, -r, "read init's start time: %s", strerror(-r));
	}
	all.start_time = init.start_time;
	return record_write(&container->dir, &all, err);
}

int create_draft_record(const struct container *container, const char *status,
			struct record_draft *ret, struct error *err)
{
	const struct container_record all = record_of(container, status);

	return record_draft(&all, ret, err);
}

static int plan_rdt(struct container *container, struct error *err)
{
	const struct oci_intel_rdt *config = container_linux(container)->intel_rdt;
	auto_free char *root = NULL;
	int r;

	if (!config)
		return 0;
	r = intel_rdt_find(&root, err);
	return r < 0 ? r
		     : intel_rdt_plan(config, root, container->options->id, &container->rdt, err);
}

/* What the state directory holds before there is an init, but for the record; config.json only where it has
 * hooks. */
static int fill_state_dir(struct container *container, struct error *err)
{
	int r = hook_output_open(&container->bundle.config.annotations, &container->hooks_out,
				 &container->hooks_err, err);

	if (r == 0)
		r = container_compile(container, err);
	if (r == 0)
		r = notify_prepare(&container->bundle.config, &container->dir, err);
	/* the record will say that it has them */
	return r < 0 || !container->bundle.config.hooks ? r : create_keep_config(container, err);
}

/* First where the groups will be, then the record of it, then the groups. */
static int make_groups(struct container *container, struct error *err)
{
	const struct create_options *options = container->options;
	const struct oci_linux *section = container_linux(container);
	int r;

	r = cgroup_plan(options->cgroup_manager, section->cgroups_path, options->id,
			&container->bundle.config.annotations, &container->cgroup, err);
	if (r == 0)
		r = plan_rdt(container, err);
	if (r == 0)
		r = create_record(container, "creating", err);
	if (r == 0)
		r = cgroup_create(&container->cgroup, section->resources, err);
	if (r < 0)
		return r;
	ownership_write(&container->cgroup, &container->dir, container->created);
	r = cgroup_apply_limits(&container->cgroup, section->resources, &container->device_filter,
				err);
	if (r == 0 && container->rdt.group)
		r = intel_rdt_create(section->intel_rdt, &container->rdt, err);
	if (r == 0 && container->rdt.group)
		r = intel_rdt_fill(section->intel_rdt, &container->rdt, err);
	return r < 0 ? r : delegation_prepare(container, err);
}

int create_plan(struct container *container, bool is_foreground, struct error *err)
{
	int r = container_plan(container, err);

	return r < 0 ? r
		     : options_check(&container->bundle.config, container->options, is_foreground,
				     container_kept_fds(container), err);
}

int create_prepare(struct container *container, struct error *err)
{
	const struct create_options *options = container->options;
	int r = state_dir_create(options->root, options->id, &container->dir, err);

	if (r < 0)
		return r;
	timestamp_now(container->created);
	r = fill_state_dir(container, err);
	if (r == 0)
		r = make_groups(container, err);
	log_debug("host: plan, and make what init needs");
	return r;
}

/* Init, and what it asks for until it is ready. */
static int bring_up(struct container *container, struct error *err)
{
	int r;

	r = self_start_prepare(container, err);
	if (r == 0 && !container->self_start)
		r = create_keep_config(container, err);
	if (r == 0)
		r = host_launch(container, err);
	if (r == 0)
		r = host_serve(container, err);
	if (r == 0) /* where no hooks came before */
		r = intel_rdt_write(container->init.pid, container_linux(container)->intel_rdt,
				    &container->rdt, err);
	if (r == 0 && container->plan.has_joined_user)
		stdio_give(container, container->init.pid);
	return r < 0 ? r : delegation_hand_over(container, err);
}

static int launch(struct container *container, bool is_foreground, struct error *err)
{
	int r = create_plan(container, is_foreground, err);

	if (r < 0)
		return r;
	beside_begin(container);
	r = create_prepare(container, err);
	if (r < 0)
		return r;
	r = bring_up(container, err);
	if (r < 0)
		return starvation_explain(container, err);
	cgroup_warn_of_none(&container->cgroup);
	return 0;
}

void create_let_go(struct container *container)
{
	container->init.pid = 0;
	cgroup_release(&container->cgroup);
	intel_rdt_release(&container->rdt);
	container->dir.is_ours = false;
}

/* Where init waits for start.  It gets the socket before the clone, its name only now: the name
 * in the state directory says that the container is created. */
static int listen_for_start(const struct container *container, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s",
		 container->dir.fd, STATE_START);
	if (bind(container->start_sock, (struct sockaddr *) &address, sizeof(address)) < 0 ||
	    listen(container->start_sock, 8) < 0)
		return fail_errno(err, "listen at '%s/%s/%s'", container->dir.root,
				  container->dir.id, STATE_START);
	return 0;
}

int create_poststart(const struct container *container, struct error *err)
{
	const struct oci_hooks *hooks = container->bundle.config.hooks;
	struct oci_state state = container_oci_state(container, "running", container->init.pid);
	const struct hook_context context =
		container_hook_context(container, &state, container->bundle.path);

	return hooks ? hooks_run(&hooks->poststart, "poststart", &context, err) : 0;
}

static void run_poststop(const struct container *container)
{
	const struct oci_hooks *hooks = container->bundle.config.hooks;
	struct oci_state state = container_oci_state(container, "stopped", 0);
	const struct hook_context context =
		container_hook_context(container, &state, container->bundle.path);

	if (hooks)
		hooks_run_all(&hooks->poststop, "poststop", &context);
}

int create_end_by_hook(struct container *container, struct error *err)
{
	if (err->class == ERROR_HOOK) {
		container_undo(container);
		run_poststop(container);
	}
	return -err->code;
}

int container_create(const struct create_options *options, struct error *err)
{
	auto_container container;
	int r;

	container_init(&container, options);
	r = exe_seal(err);
	if (r < 0)
		return r;
	container.start_sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (container.start_sock < 0)
		return fail_errno(err, "make a socket");
	r = launch(&container, false, err);
	if (r == 0)
		r = listen_for_start(&container, err);
	if (r == 0)
		r = create_record(&container, "created", err);
	if (r == 0)
		r = host_announce(&container, err);
	if (r == 0)
		r = sync_say(container.sock, SYNC_GO, 0, -1, err);
	if (r < 0)
		return create_end_by_hook(&container, err);
	/* Init goes on in this memory (see linux/clone.h) as soon as we have gone: nothing may be
	 * freed. */
	_exit(EXIT_SUCCESS);
}

/* A foreground run that has ended deletes what it made, as delete would, unless somebody has deleted it
 * already. */
static int clean_up(struct container *container, struct error *err)
{
	struct cgroup *cgroup = &container->cgroup;
	const struct scope *scope = cgroup->scope;
	int r;

	r = state_dir_lock(&container->dir, err);
	if (r < 0) {
		create_let_go(container);
		return r == -ENOENT ? 0 : r;
	}
	r = cgroup_delete_unit(cgroup->mount, cgroup->path, scope ? scope->unit : NULL,
			       scope && scope->is_user, err);
	cgroup_release(cgroup);
	if (r < 0)
		return r;
	r = state_dir_remove(&container->dir, err);
	run_poststop(container);
	return r;
}

int create_stay_with(struct container *container, int *ret_status, struct error *err)
{
	int r;

	state_dir_unlock(&container->dir);
	/* others may have joined a class that has a name */
	container->rdt.is_made &= !container->rdt.keeps_group;
	r = supervise(&container->init, TAKE_FD(container->console), ret_status, err);
	if (r < 0)
		return r;
	starvation_warn(container, *ret_status);
	if (container->options->keep) {
		create_let_go(container);
		return 0;
	}
	/* the program has ended, and the status is its own; what is left waits for a delete */
	if (clean_up(container, err) < 0) {
		container->dir.is_ours = false;
		log_error(err);
	}
	return 0;
}

static int start(struct container *container, int *ret_notify, struct error *err)
{
	int r = create_keep_config(container, err);

	if (r == 0)
		r = create_record(container, "running", err);
	if (r == 0)
		r = host_announce(container, err);
	if (r == 0)
		r = notify_listen(&container->dir, ret_notify, err);
	if (r == 0)
		r = host_start(container, err);
	return r < 0 ? starvation_explain(container, err) : starvation_check(container, err);
}

/* Tells the service manager when the program is ready: in a process beside a run that stays, and before one
 * that does not stay returns. */
static int tell_when_ready(struct container *container, int notify, bool is_foreground,
			   struct error *err)
{
	pid_t helper;

	if (notify < 0)
		return 0;
	state_dir_unlock(&container->dir);
	if (!is_foreground) {
		notify_forward(notify, container->init.pid);
		return 0;
	}
	helper = fork();
	if (helper < 0)
		return fail_errno(err, "fork");
	if (helper > 0)
		return 0;
	/* a terminal hangs up when we end, and not when the helper does */
	cleanup_fd(&container->console);
	notify_forward(notify, container->init.pid);
	_exit(0);
}

int container_run(const struct create_options *options, int *ret_status, struct error *err)
{
	auto_container container;
	bool is_foreground = !options->detach;
	auto_fd notify = -1;
	int r;

	container_init(&container, options);
	r = exe_seal(err);
	if (r < 0)
		return r;
	if (is_foreground)
		supervise_prepare(!options->no_subreaper);
	r = launch(&container, is_foreground, err);
	if (r == 0)
		r = self_start_has_begun(&container) ? starvation_check(&container, err)
						     : start(&container, &notify, err);
	if (r == 0)
		r = create_poststart(&container, err);
	if (r == 0)
		r = tell_when_ready(&container, notify, is_foreground, err);
	if (r < 0)
		return create_end_by_hook(&container, err);
	*ret_status = 0;
	if (is_foreground)
		return create_stay_with(&container, ret_status, err);
	create_let_go(&container);
	return 0;
}
