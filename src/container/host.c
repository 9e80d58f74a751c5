/* host.c - see host.h */
#include "container/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/packet.h"
#include "base/raw_syscall.h"
#include "base/socket.h"
#include "base/text.h"
#include "container/annotations.h"
#include "container/delegation.h"
#include "container/hooks.h"
#include "container/init.h"
#include "container/late_place.h"
#include "container/listener.h"
#include "container/self_start.h"
#include "container/stdio_owner.h"
#include "container/sync.h"
#include "linux/clone.h"
#include "linux/idmap.h"
#include "linux/intel_rdt.h"
#include "linux/mount_idmap.h"
#include "linux/net_device.h"
#include "linux/oom.h"
#include "linux/terminal.h"
#include "linux/timens.h"

/* What the receivers of a console socket print as the terminal's name; those of a pidfd get it, too. */
#define MASTER_NAME "/dev/ptmx"

/* What errors call the process that the steps run in. */
static const char *subject(const struct container *container)
{
	return container->is_exec ? "exec" : "container init";
}

static void run_init(void *container)
{
	init_main(container);
}

static pid_t clone_init(struct container *container, int *ret_pidfd)
{
	struct clone_args args = {
		.flags = container->plan.clone_flags | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
		.pidfd = (uint64_t) (uintptr_t) ret_pidfd,
		.exit_signal = SIGCHLD,
	};
	int cgroup = container->sub_cgroup >= 0 ? container->sub_cgroup : container->cgroup.fd;
	pid_t pid;

	if (cgroup >= 0 && !container->is_placed_late) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t) cgroup;
	}
	if (container_shares_memory(container))
		return clone_sharing(&args, run_init, container);
	pid = clone_copying(&args);
	if (pid == 0)
		run_init(container);
	return pid;
}

/* The hooks that init runs itself have limits of their own. */
static int limit_silence(const struct container *container, const struct oci_hook_list *hooks,
			 struct error *err)
{
	unsigned int limit = container->silence_limit;

	if (limit && hooks && !container->is_exec)
		limit += hooks_limit(hooks);
	return sync_limit(container->sock, limit, err);
}

/* The EACCES of CLONE_INTO_CGROUP: a user may put processes only where he may move them from where we are. */
static int fail_outside(const struct container *container, struct error *err)
{
	fail(err, EACCES,
	     "clone %s into the cgroup '%s': it takes the right to write to cgroup.procs of what "
	     "is above it and our own cgroup: %s",
	     subject(container), container->cgroup.path, strerror(EACCES));
	return fail_class(err, ERROR_CGROUP, NULL);
}

/* Between here and host_serve() init may run in our memory: no heap, no errno, no log. */
int host_launch(struct container *container, struct error *err)
{
	const struct oci_hooks *hooks = container->bundle.config.hooks;
	int pair[2], pidfd = -1, r;
	pid_t pid;

	r = packet_pair(pair);
	if (r < 0)
		return fail(err, -r, "make a socket pair: %s", strerror(-r));
	container->is_placed_late = container->is_outside = late_place_is_due(container);
	container->sock = pair[0];
	container->init_sock = pair[1];
	r = limit_silence(container, hooks ? &hooks->create_container : NULL, err);
	if (r < 0)
		return r;
	pid = clone_init(container, &pidfd);
	if (pid == -EOPNOTSUPP && container->cgroup.fd >= 0 &&
	    cgroup_make_threaded(&container->cgroup) == 0)
		pid = clone_init(container, &pidfd);
	raw_syscall(SYS_close, pair[1], 0, 0, 0, 0, 0);
	if (pid < 0)
		container->init_sock = -1;
	if (pid == -EPERM && !container->is_exec && !(container->plan.own & CLONE_NEWUSER))
		return fail_at(err, EPERM, "linux.namespaces",
			       "to make them takes privileges, or a user namespace among them");
	if (pid == -EACCES && container->cgroup.path)
		return fail_outside(container, err);
	if (pid < 0)
		return fail(err, -pid, "clone %s: %s", subject(container), strerror(-pid));
	container->init = (struct child){ .pid = pid, .pidfd = pidfd };
	beside_go_on(container);
	return 0;
}

/* The limits too, which otherwise are in force before there is an init. */
static int serve_place(struct container *container, struct sync_packet *packet, struct error *err)
{
	const struct oci_resources *resources = container_linux(container)->resources;
	int r;

	(void) packet;
	r = cgroup_place(&container->cgroup, container->init.pid, resources, err);
	if (r == 0)
		r = cgroup_apply(&container->cgroup, resources, err);
	return r < 0 ? r : delegation_enter(container, err);
}

static int write_oom_score(const struct container *container, struct error *err)
{
	const struct oci_process *process = container_process(container);

	if (!process->oom_score_adj.is_set || container->is_exec)
		return 0;
	return oom_score_adj_write(container->init.pid, process->oom_score_adj.value, err);
}

/* Without privileges we may write the OOM score only of a process that we may look into, and init soon hides. */
static int serve_map_ids(struct container *container, struct sync_packet *packet, struct error *err)
{
	const struct oci_linux *section = container_linux(container);
	bool can_setgroups;
	int r;

	(void) packet;
	r = idmap_write(container->init.pid, section->uid_mappings.items, section->uid_mappings.n,
			section->gid_mappings.items, section->gid_mappings.n, &can_setgroups, err);
	if (r == 0 && geteuid() != 0)
		r = write_oom_score(container, err);
	if (r == 0)
		stdio_give(container, container->init.pid);
	return r < 0 ? r : can_setgroups;
}

static int serve_time_offsets(struct container *container, struct sync_packet *packet,
			      struct error *err)
{
	(void) packet;
	return timens_write(container->init.pid, &container_linux(container)->time_offsets, err);
}

static int serve_enter(struct container *container, struct sync_packet *packet, struct error *err)
{
	(void) packet;
	return late_place_enter(container, err);
}

static int serve_leave(struct container *container, struct sync_packet *packet, struct error *err)
{
	(void) packet;
	(void) err;
	late_place_leave(container);
	return 0;
}

/* The stage ends; init, made with CLONE_PARENT, is our child too. */
static int serve_forked(struct container *container, struct sync_packet *packet, struct error *err)
{
	struct child stage = container->init;
	int pidfd, status, r;

	if (packet->value <= 0)
		return fail(err, EPROTO, "a malformed pid %d", packet->value);
	pidfd = (int) syscall(SYS_pidfd_open, packet->value, 0);
	if (pidfd < 0)
		return fail_errno(err, "open a pidfd of init");
	container->init = (struct child){ .pid = packet->value, .pidfd = pidfd };
	r = child_wait(&stage, &status);
	child_release(&stage);
	return r < 0 ? fail(err, -r, "wait for the process in between: %s", strerror(-r)) : 0;
}

static int serve_net_devices(struct container *container, struct sync_packet *packet,
			     struct error *err)
{
	const struct oci_linux *section = container_linux(container);

	(void) packet;
	return net_devices_move(container->init.pid, section->net_devices.items,
				section->net_devices.keys, section->net_devices.n, err);
}

static int serve_map_mount(struct container *container, struct sync_packet *packet,
			   struct error *err)
{
	const struct oci_config *config = &container->bundle.config;
	int r;

	if (packet->fd < 0 || packet->value < 0 || (size_t) packet->value >= config->mounts.n)
		return fail(err, EPROTO, "a malformed request for mounts[%d]", packet->value);
	r = mount_idmap_write(container->init.pid, packet->fd, &config->mounts.items[packet->value],
			      config->linux, err);
	if (r < 0) {
		fail_in(err, "mounts[%d] '%s'", packet->value,
			config->mounts.items[packet->value].destination);
		return fail_place(err, "mounts[%d]", packet->value);
	}
	return 0;
}

int host_run_hooks(const struct container *container, pid_t pid, struct error *err)
{
	const struct oci_hooks *hooks = container->bundle.config.hooks;
	struct oci_state state = container_oci_state(container, "creating", pid);
	const struct hook_context context =
		container_hook_context(container, &state, container->bundle.path);
	int r;

	if (!hooks)
		return 0;
	r = hooks_run(&hooks->prestart, "prestart", &context, err);
	if (r == 0)
		r = hooks_run(&hooks->create_runtime, "createRuntime", &context, err);
	return r;
}

/* What was done beside init, and is looked at only now. */
static int end_beside(struct container *container, struct error *err)
{
	int code;

	beside_end(container);
	code = container->beside.loopback_code;
	if (code < 0) {
		fail(err, -code, "bring up 'lo' of the new network namespace: %s", strerror(-code));
		return fail_place(err, "linux.namespaces");
	}
	code = container->device_filter_code;
	container->device_filter_code = 0;
	return code < 0 ? device_filter_failed(&container->device_filter, code, err) : 0;
}

/* A hook may put a device program in the place of ours, and a process of its own beside init. */
static int serve_hooks(struct container *container, struct sync_packet *packet, struct error *err)
{
	int r = end_beside(container, err);

	(void) packet;
	if (r == 0)
		r = intel_rdt_write(container->init.pid, container_linux(container)->intel_rdt,
				    &container->rdt, err);
	return r < 0 ? r : host_run_hooks(container, container->init.pid, err);
}

int host_take_console(struct container *container, int *fd, struct error *err)
{
	const char *socket_path = container->options->console_socket;

	if (*fd < 0)
		return fail(err, EPROTO, "the console came without a terminal");
	if (socket_path)
		return socket_send_fd(socket_path, MASTER_NAME, *fd, err);
	/* before the program can ask for it */
	terminal_copy_size(STDIN_FILENO, *fd);
	container->console = TAKE_FD(*fd);
	return 0;
}

static int serve_console(struct container *container, struct sync_packet *packet, struct error *err)
{
	return host_take_console(container, &packet->fd, err);
}

static int serve_listener(struct container *container, struct sync_packet *packet,
			  const char *status, struct error *err)
{
	const bool is_exec = container->is_exec;
	struct oci_state state =
		container_oci_state(container, is_exec ? "running" : status,
				    is_exec ? container->target_pid : container->init.pid);

	return listener_send(container_linux(container)->seccomp, &state, container->init.pid,
			     packet->fd, err);
}

static int serve_early_listener(struct container *container, struct sync_packet *packet,
				struct error *err)
{
	return serve_listener(container, packet, "creating", err);
}

static int serve_ready(struct container *container, struct sync_packet *packet, struct error *err)
{
	int r = end_beside(container, err);

	if (packet->fd >= 0 && process_read_start_time(packet->fd, &container->init_start_time) < 0)
		container->init_start_time = 0;
	if (r == 0)
		r = late_place_enter(container, err);
	/* a user's is written by now: serve_map_ids(), oom_score_step() */
	return r < 0 || container->is_users ? r : write_oom_score(container, err);
}

#define BIT(message) (1U << (message))

static bool has_scope(const struct container *container)
{
	return container->cgroup.scope;
}

static bool is_placed_late(const struct container *container)
{
	return container->is_placed_late;
}

static bool has_new_user(const struct container *container)
{
	return container->plan.has_new_user;
}

static bool makes_time(const struct container *container)
{
	return container->plan.makes_time;
}

static bool has_stage(const struct container *container)
{
	return container->plan.has_stage;
}

static bool has_hooks(const struct container *container)
{
	return container->bundle.config.hooks;
}

static bool has_listener(const struct container *container)
{
	return seccomp_notifies(&container->filter);
}

static bool has_terminal(const struct container *container)
{
	return container_process(container)->terminal;
}

static bool has_net_devices(const struct container *container)
{
	return container_linux(container)->net_devices.n;
}

static bool has_mounts(const struct container *container)
{
	return container->bundle.config.mounts.n;
}

/* What init may ask for, each at most once unless it may be repeated.  serve returns what SYNC_GO
 * answers (for requests that are answered), or a negative errno. */
struct request {
	int (*serve)(struct container *container, struct sync_packet *packet, struct error *err);
	unsigned int not_after;				    /* none of these may have come before */
	bool (*only_if)(const struct container *container); /* NULL: always */
	enum { SILENT = 0, ANSWERED = 1, REPEATED = 2 } how;
};

/* clang-format off */
static const struct request requests[SYNC_MESSAGES] = {
	[SYNC_PLACE]        = { serve_place,        ~BIT(SYNC_PLACE),                   has_scope, ANSWERED },
	[SYNC_MAP_IDS]      = { serve_map_ids,      BIT(SYNC_FORKED) | BIT(SYNC_HOOKS), has_new_user, ANSWERED },
	[SYNC_TIME_OFFSETS] = { serve_time_offsets, BIT(SYNC_FORKED),                   makes_time, ANSWERED },
	[SYNC_FORKED]       = { serve_forked,       BIT(SYNC_CONSOLE) | BIT(SYNC_HOOKS), has_stage, SILENT },
	[SYNC_ENTER]        = { serve_enter,        BIT(SYNC_HOOKS),                    is_placed_late,
				ANSWERED | REPEATED },
	[SYNC_LEAVE]        = { serve_leave,        BIT(SYNC_CONSOLE) | BIT(SYNC_HOOKS), is_placed_late, ANSWERED },
	[SYNC_CONSOLE]      = { serve_console,      BIT(SYNC_HOOKS),                    has_terminal, ANSWERED },
	[SYNC_NET_DEVICES]  = { serve_net_devices,  BIT(SYNC_CONSOLE) | BIT(SYNC_HOOKS), has_net_devices, ANSWERED },
	[SYNC_MAP_MOUNT]    = { serve_map_mount,    BIT(SYNC_CONSOLE) | BIT(SYNC_HOOKS), has_mounts,
				ANSWERED | REPEATED },
	[SYNC_HOOKS]        = { serve_hooks,        0,                                  has_hooks, ANSWERED },
	[SYNC_LISTENER]     = { serve_early_listener, 0,                                has_listener, ANSWERED },
	[SYNC_READY]        = { serve_ready,        0,                                  NULL, SILENT },
};
/* clang-format on */

static int serve(struct container *container, struct sync_packet *packet, unsigned int seen,
		 struct error *err)
{
	const struct request *request = &requests[packet->message];
	int r;

	if (!request->serve || (request->only_if && !request->only_if(container)))
		return fail(err, EPROTO, "init may not ask for '%s'", sync_name(packet->message));
	if (seen & ((request->how & REPEATED ? 0 : BIT(packet->message)) | request->not_after))
		return fail(err, EPROTO, "init asked for '%s' too late",
			    sync_name(packet->message));
	r = request->serve(container, packet, err);
	if (r < 0)
		return fail_in(err, "serve init's '%s'", sync_name(packet->message));
	log_debug("host: %s", sync_name(packet->message));
	return r;
}

/* How init ended, when it did without a word: killed from outside, or by the kernel. */
static int init_vanished(struct container *container, struct error *err)
{
	int status, code;

	if (child_wait(&container->init, &status) < 0)
		return fail(err, EPIPE, "%s: ended without a word", subject(container));
	code = exit_code(status);
	container->init.pid = 0;
	return fail(err, EPIPE, "%s: ended without a word (%s %d)", subject(container),
		    code > 128 ? "killed by signal" : "exit status",
		    code > 128 ? code - 128 : code);
}

static int executed(struct container *container)
{
	cleanup_fd(&container->sock);
	log_debug("host: program executed");
	return 0;
}

static int end_of_file(struct container *container, struct error *err)
{
	beside_end(container);
	return self_start_has_begun(container) ? executed(container)
					       : init_vanished(container, err);
}

/* It may be in our memory (linux/clone.h), where only one of us may run: so it ends first. */
static void end_silent_init(struct container *container, struct error *err)
{
	struct process_info info = { .state = '?' };
	const pid_t pid = container->init.pid;
	bool is_frozen;

	process_read(pid, &info);
	is_frozen = container->cgroup.fd >= 0 && cgroup_is_frozen(&container->cgroup);
	child_release(&container->init);
	fail_in(err, "process %d (state %c%s)", pid, info.state,
		is_frozen ? ", in a frozen cgroup" : "");
}

/* As sync_hear(); last is what was said before, by either side. */
static int hear(struct container *container, const char *last, struct sync_packet *ret,
		struct error *err)
{
	int r = sync_hear(container->sock, ret, err);

	if (r == -ETIME) {
		end_silent_init(container, err);
		fail_in(err, "after '%s'", last);
	}
	return r < 0 ? fail_in(err, "%s", subject(container)) : r;
}

int host_serve(struct container *container, struct error *err)
{
	const char *last = "clone";
	unsigned int seen = 0;

	for (;;) {
		struct sync_packet packet;
		int r = hear(container, last, &packet, err);

		if (r < 0)
			return r;
		if (r == 0)
			return end_of_file(container, err);
		r = serve(container, &packet, seen, err);
		cleanup_fd(&packet.fd);
		if (r < 0 || packet.message == SYNC_READY)
			return r;
		seen |= BIT(packet.message);
		last = sync_name(packet.message);
		/* from the answer on it is init's turn */
		if (requests[packet.message].how & ANSWERED)
			r = sync_say(container->sock, SYNC_GO, r, -1, err);
		if (r < 0)
			return r;
	}
}

static int write_pid_file(const struct container *container, struct error *err)
{
	char text[16];
	int len;

	if (!container->options->pid_file)
		return 0;
	len = snprintf(text, sizeof(text), "%d", container->init.pid);
	return file_replace(AT_FDCWD, container->options->pid_file, text, (size_t) len, 0644, err);
}

int host_announce(const struct container *container, struct error *err)
{
	const char *receiver = container->options->pidfd_socket;
	int r;

	if (!receiver && !container->is_exec)
		receiver = annotation_get(&container->bundle.config.annotations,
					  ANNOTATION_PIDFD_RECEIVER);
	r = write_pid_file(container, err);
	if (r == 0 && receiver)
		r = socket_send_fd(receiver, MASTER_NAME, container->init.pidfd, err);
	return r;
}

int host_start(struct container *container, struct error *err)
{
	const struct oci_hooks *hooks = container->bundle.config.hooks;
	struct sync_packet packet;
	int r;

	r = hooks ? limit_silence(container, &hooks->start_container, err) : 0;
	if (r == 0)
		r = sync_say(container->sock, SYNC_START, 0, -1, err);
	if (r < 0)
		return r;
	r = hear(container, "start", &packet, err);
	if (r > 0 && packet.message == SYNC_LISTENER && has_listener(container)) {
		r = serve_listener(container, &packet, "created", err);
		cleanup_fd(&packet.fd);
		if (r == 0)
			r = sync_say(container->sock, SYNC_GO, 0, -1, err);
		if (r < 0)
			return r;
		r = hear(container, "seccomp listener", &packet, err);
	}
	if (r < 0)
		return r;
	if (r > 0)
		return fail(err, EPROTO, "init said '%s' after start", sync_name(packet.message));
	return executed(container);
}
