/* live_mounts.c - mounts add and mounts remove, on the host: see live_mounts.h */
#include "container/live_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/packet.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "container/operations.h"
#include "container/record.h"
#include "container/signal_init.h"
#include "container/state_dir.h"
#include "container/stored.h"
#include "container/sync.h"
#include "linux/exe_seal.h"
#include "linux/mount_idmap.h"
#include "linux/mounts.h"
#include "linux/namespaces.h"

/* The container's file system may be anybody's, so it may never answer. */
#define ANSWER_LIMIT_MS 30000

/* in headers since Linux 6.11 */
#ifndef PIDFD_GET_PID_NAMESPACE
#define PIDFD_GET_PID_NAMESPACE _IO(0xFF, 5)
#endif

#define JOINED \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWCGROUP)

#define auto_change __attribute__((cleanup(change_release))) struct live_mounts

static void change_release(struct live_mounts *change)
{
	for (size_t i = 0; change->trees && i < change->file.mounts.n; i++)
		cleanup_fd(&change->trees[i]);
	free(change->trees);
	mounts_file_release(&change->file);
	bundle_release(&change->bundle);
	cleanup_fd(&change->pidfd);
	cleanup_fd(&change->procfs);
	cleanup_fd(&change->pid_ns);
}

static int serve_map(const struct live_mounts *change, int sock, const struct sync_packet *packet,
		     struct error *err)
{
	if (packet->fd < 0 || packet->value < 0 || (size_t) packet->value >= change->file.mounts.n)
		return fail(err, EPROTO, "a malformed request for mounts[%d]", packet->value);
	if (mount_idmap_write(change->init, packet->fd, &change->file.mounts.items[packet->value],
			      change->bundle.config.linux, err) < 0) {
		fail_in(err, "mounts[%d]", packet->value);
		return fail_place(err, "mounts[%d]", packet->value);
	}
	return sync_say(sock, SYNC_GO, 0, -1, err);
}

static int hear_in_time(int sock, struct sync_packet *ret, struct error *err)
{
	int r;

	if (wait_for(sock, ANSWER_LIMIT_MS) == 0)
		return fail(err, ETIMEDOUT,
			    "the container's file system did not answer within %d seconds",
			    ANSWER_LIMIT_MS / 1000);
	r = sync_hear(sock, ret, err);
	return r == 0 ? fail(err, EPIPE, "the process in the container ended without a word") : r;
}

static int serve_child(const struct live_mounts *change, int sock, struct error *err)
{
	for (;;) {
		struct sync_packet packet;
		int r = hear_in_time(sock, &packet, err);

		if (r < 0 || packet.message == SYNC_READY)
			return r < 0 ? r : 0;
		r = packet.message == SYNC_MAP_MOUNT
			    ? serve_map(change, sock, &packet, err)
			    : fail(err, EPROTO, "unexpected '%s'", sync_name(packet.message));
		cleanup_fd(&packet.fd);
		if (r < 0)
			return r;
	}
}

static int run_child(struct live_mounts *change, struct error *err)
{
	auto_child child = CHILD_NONE;
	int pair[2], r;
	pid_t pid;

	r = packet_pair(pair);
	if (r < 0)
		return fail(err, -r, "make a socket pair: %s", strerror(-r));
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		change->sock = pair[1];
		live_mounts_main(change);
	}
	close(pair[1]);
	auto_fd sock = pair[0];

	if (pid < 0)
		return fail_errno(err, "fork");
	child.pid = pid;
	return serve_child(change, sock, err);
}

/* The sources of binds, and their maps: both are for the host to see and to do. */
static int open_trees(struct live_mounts *change, struct error *err)
{
	change->trees = xcalloc(change->file.mounts.n, sizeof(*change->trees));
	for (size_t i = 0; i < change->file.mounts.n; i++)
		change->trees[i] = -1;
	for (size_t i = 0; change->is_add && i < change->file.mounts.n; i++) {
		const struct oci_mount *mount = &change->file.mounts.items[i];

		if (mount_tree_open(mount, &change->trees[i], err) == 0)
			continue;
		/* open_tree(2) says so of nothing else */
		if (err->code == EPERM)
			fail_in(err,
				"a bind of the host's files takes CAP_SYS_ADMIN on the host (in "
				"config.json it takes none)");
		fail_in(err, "mounts[%zu] '%s'", i, mount->destination);
		return fail_place(err, "mounts[%zu]", i);
	}
	return 0;
}

static int check_all(const struct live_mounts *change, struct error *err)
{
	const struct oci_linux *section = change->bundle.config.linux;

	for (size_t i = 0; change->is_add && i < change->file.mounts.n; i++) {
		const struct oci_mount *mount = &change->file.mounts.items[i];

		if (mount_check(mount, i, section, err) < 0 || mount_check_live(mount, i, err) < 0)
			return -err->code;
	}
	return 0;
}

static bool adds_procfs(const struct live_mounts *change)
{
	for (size_t i = 0; change->is_add && i < change->file.mounts.n; i++)
		if (str_equal(change->file.mounts.items[i].type, "proc"))
			return true;
	return false;
}

/* By init's pidfd, so surely its own. */
static int open_pid_ns(struct live_mounts *change, struct error *err)
{
	if (!adds_procfs(change))
		return 0;
	change->pid_ns = ioctl(change->pidfd, PIDFD_GET_PID_NAMESPACE, 0);
	if (change->pid_ns >= 0)
		return 0;
	if (errno == ENOTTY || errno == EINVAL)
		return fail(err, ENOTSUP,
			    "the kernel cannot add a procfs to a running container (Linux "
			    "6.17 can)");
	return fail_errno(err, "open the container's pid namespace");
}

static int check_status(const struct container_record *record, const struct state_dir *dir,
			struct error *err)
{
	enum container_status status = record_status(record, dir);

	if (status == STATUS_CREATED || status == STATUS_RUNNING || status == STATUS_PAUSED)
		return 0;
	return fail_as(err, ERROR_STATE, EINVAL,
		       "cannot change the mounts of container '%s': it is %s", record->id,
		       container_status_name(status));
}

static int find(struct live_mounts *change, const struct container_record *record,
		const struct state_dir *dir, struct error *err)
{
	struct bundle *bundle = &change->bundle;

	change->init = (pid_t) record->pid;
	if (init_pidfd(record, dir, &change->pidfd, err) < 0 ||
	    namespaces_differ(change->init, 0, &change->joins, err) < 0)
		return -err->code;
	change->joins &= JOINED;
	if (!(change->joins & CLONE_NEWNS))
		return fail_as(err, ERROR_STATE, EINVAL,
			       "container '%s' has the mount namespace of the host", record->id);
	if (stored_config_read(dir, &bundle->json, &bundle->json_len, &bundle->config, err) < 0)
		return -err->code;
	change->procfs = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (change->procfs < 0)
		return fail_errno(err, "open '/proc'");
	/* relative sources begin there, as those of config.json do */
	return !change->is_add || chdir(record->bundle) == 0
		       ? 0
		       : fail_errno(err, "enter '%s'", record->bundle);
}

static int change_mounts(const char *root, const char *id, const char *path, bool is_add,
			 struct error *err)
{
	auto_state_dir dir = STATE_DIR_NONE;
	auto_record record = { 0 };
	auto_change change = { .is_add = is_add,
			       .bundle = BUNDLE_NONE,
			       .pidfd = -1,
			       .procfs = -1,
			       .pid_ns = -1 };
	int r;

	r = exe_seal(err);
	if (r == 0)
		r = mounts_file_read(path, &change.file, err);
	if (r == 0)
		r = state_dir_open(root, id, &dir, err);
	if (r == 0)
		r = state_dir_lock(&dir, err);
	if (r == 0)
		r = record_load(&dir, &record, err);
	if (r == 0)
		r = check_status(&record, &dir, err);
	if (r == 0)
		r = find(&change, &record, &dir, err);
	if (r == 0)
		r = check_all(&change, err);
	if (r == 0)
		r = open_pid_ns(&change, err);
	if (r == 0)
		r = open_trees(&change, err);
	return r < 0 ? r : run_child(&change, err);
}

int container_mounts_add(const char *root, const char *id, const char *file, struct error *err)
{
	return change_mounts(root, id, file, true, err);
}

int container_mounts_remove(const char *root, const char *id, const char *file, struct error *err)
{
	return change_mounts(root, id, file, false, err);
}
