/* init_namespaces.c - init's steps: into the namespaces of its own or of others */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "container/container.h"
#include "container/init.h"
#include "container/sync.h"
#include "linux/clone.h"
#include "linux/mounts.h"
#include "linux/namespaces.h"
#include "linux/oom.h"
#include "linux/signals.h"

int init_tie_to_host(struct error *err)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return fail_errno(err, "ask to be killed with the runtime");
	return 0;
}

/* Late, for the host makes it meanwhile; before all that could see which network this is. */
int network_step(struct init *init, struct error *err)
{
	auto_fd fd = -1;
	int code;

	if (!init->awaits_network)
		return 0;
	code = sync_expect_fd(init->sock, SYNC_NETWORK, &fd, err);
	if (code < 0)
		return code;
	init->awaits_network = false;
	if (code > 0)
		fail(err, code, "make a network namespace: %s", strerror(code));
	if (code > 0 || namespace_join(fd, CLONE_NEWNET, err) < 0)
		return fail_place(err, "linux.namespaces");
	return 0;
}

int signals_step(struct init *init, struct error *err)
{
	(void) err;
	signals_default(beside_ignored_signals(&init->container->beside));
	return 0;
}

/* The network is the first message that can be heard. */
int init_ask(struct init *init, enum sync_message message, int value, int fd, struct error *err)
{
	int r = network_step(init, err);

	if (r == 0)
		r = sync_say(init->sock, message, value, fd, err);
	return r < 0 ? r : sync_expect(init->sock, SYNC_GO, err);
}

static int ask(struct init *init, enum sync_message message, struct error *err)
{
	return init_ask(init, message, 0, -1, err);
}

/* systemd moves processes, it does not make them: we wait until it has moved this one. */
int place_step(struct init *init, struct error *err)
{
	return ask(init, SYNC_PLACE, err);
}

int enter_cgroup_step(struct init *init, struct error *err)
{
	return ask(init, SYNC_ENTER, err);
}

int leave_cgroup_step(struct init *init, struct error *err)
{
	return ask(init, SYNC_LEAVE, err);
}

int oom_score_step(struct init *init, struct error *err)
{
	return oom_score_adj_write(getpid(), init->process->oom_score_adj.value, err);
}

static int join_all(const struct join_list *list, struct error *err)
{
	for (size_t i = 0; i < list->n; i++) {
		if (namespace_join(list->items[i].fd, list->items[i].flag, err) < 0)
			return fail_place(err, "linux.namespaces");
	}
	return 0;
}

int joins_before_step(struct init *init, struct error *err)
{
	return join_all(&init->container->plan.joins_before, err);
}

int join_step(struct init *init, struct error *err)
{
	return join_all(&init->container->plan.joins, err);
}

int make_user_step(struct init *init, struct error *err)
{
	(void) init;
	if (unshare(CLONE_NEWUSER) < 0)
		return fail_errno(err, "make a user namespace");
	return 0;
}

int map_ids_step(struct init *init, struct error *err)
{
	int r = ask(init, SYNC_MAP_IDS, err);

	if (r < 0)
		return r;
	init->can_setgroups = r;
	return 0;
}

/* Where /proc is mounted with hidepid, a user's host does not see a process that hides, and has to write down
 * when it began. */
int stat_step(struct init *init, struct error *err)
{
	(void) err;
	init->stat = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	return 0;
}

/* Sources may lie below directories that the container's root cannot pass, but the host's root,
 * whose uid we still have, can. */
int open_sources_step(struct init *init, struct error *err)
{
	init->sources = xcalloc(init->config->mounts.n, sizeof(*init->sources));
	for (size_t i = 0; i < init->config->mounts.n; i++) {
		const struct oci_mount *mount = &init->config->mounts.items[i];

		if (mount_source_open(mount, &init->sources[i], err) < 0) {
			fail_in(err, "mounts[%zu] '%s'", i, mount->destination);
			return fail_place(err, "mounts[%zu].source", i);
		}
	}
	init->rootfs_source = open(init->container->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (init->rootfs_source < 0)
		return fail_errno(err, "open '%s'", init->container->rootfs);
	return 0;
}

/* Where the namespace has no root, who the program will be: the host's has no name there, and could make no
 * file.  Our capabilities stay, for it is not the namespace's root that gives itself up.  What is not mapped
 * either keeps what we have: the step that drops privileges says so. */
static int become_root(struct init *init, struct error *err)
{
	static const struct oci_user root;
	const struct oci_user *user = init->process->user ? init->process->user : &root;

	if (setresgid(0, 0, 0) < 0 && errno != EINVAL)
		return fail_errno(err, "become group 0");
	if (getegid() != 0 && setresgid(user->gid, user->gid, user->gid) < 0 && errno != EINVAL)
		return fail_errno(err, "become group %u", user->gid);
	if (setresuid(0, 0, 0) < 0 && errno != EINVAL)
		return fail_errno(err, "become user 0");
	if (geteuid() != 0 && setresuid(user->uid, user->uid, user->uid) < 0 && errno != EINVAL)
		return fail_errno(err, "become user %u", user->uid);
	return 0;
}

int user_root_step(struct init *init, struct error *err)
{
	if (init->can_setgroups && !init->keeps_groups && setgroups(0, NULL) < 0) {
		if (errno != EPERM)
			return fail_errno(err, "drop the groups of the host");
		init->can_setgroups = false; /* a user namespace that was joined denies it */
	}
	if (become_root(init, err) < 0)
		return -err->code;
	return init_tie_to_host(err);
}

int make_time_step(struct init *init, struct error *err)
{
	if (unshare(CLONE_NEWTIME) < 0)
		return fail_errno(err, "make a time namespace");
	return ask(init, SYNC_TIME_OFFSETS, err);
}

/* The end of file comes when the other process has said its last word and ended. */
static int wait_for_end(int pipe_fds[2], struct error *err)
{
	char byte;
	ssize_t n;

	close(pipe_fds[1]);
	do
		n = read(pipe_fds[0], &byte, 1);
	while (n < 0 && errno == EINTR);
	close(pipe_fds[0]);
	return n < 0 ? fail_errno(err, "wait for the process in between") : 0;
}

/* Init becomes the runtime's child, not ours; we end, and the steps go on in it.  Not before the
 * host has been told of it: nothing else would keep what init says from overtaking that. */
int fork_step(struct init *init, struct error *err)
{
	struct clone_args args = {
		.flags = init->container->plan.stage_clone_flags | CLONE_PARENT,
	};
	long long us = log_elapsed_us();
	int pipe_fds[2], r;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return fail_errno(err, "make a pipe");
	pid = clone_copying(&args);
	if (pid < 0)
		return fail(err, -pid, "clone: %s", strerror(-pid));
	if (pid == 0) {
		if (init->container->plan.makes_time)
			log_elapsed_from(us);
		r = init_tie_to_host(err);
		return r < 0 ? r : wait_for_end(pipe_fds, err);
	}
	r = sync_say(init->sock, SYNC_FORKED, pid, -1, err);
	if (r < 0)
		kill(pid, SIGKILL);
	_exit(r < 0);
}

int late_unshare_step(struct init *init, struct error *err)
{
	if (unshare((int) init->container->plan.late_unshare) < 0)
		return fail_errno(err, "make the cgroup or ipc namespace");
	return 0;
}

int net_devices_step(struct init *init, struct error *err)
{
	return ask(init, SYNC_NET_DEVICES, err);
}
