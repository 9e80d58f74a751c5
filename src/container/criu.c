/* criu.c - see criu.h */
#include "container/criu.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/packet.h"
#include "base/text.h"
#include "container/criu_log.h"
#include "container/sync.h"
#include "linux/clone.h"
#include "linux/signals.h"

#define ANSWER_MAX 8192

void criu_release(struct criu *criu)
{
	cleanup_fd(&criu->sock);
	cleanup_fd(&criu->gate);
	child_release(&criu->child);
}

/* criu would mount cgroup2 itself, and without the options that the host has it with: those, which all
 * its mounts share (nsdelegate: cgroup_namespaces(7)), would be lost. */
static int make_yard(const char *cgroup_mount, const char *yard, struct error *err)
{
	auto_free char *unified = xasprintf("%s/unified", yard);

	if (mkdir(yard, 0700) < 0 && errno != EEXIST)
		return fail_errno(err, "make '%s' for criu", yard);
	if (mount("tmpfs", yard, "tmpfs", 0, "mode=700") < 0 || mkdir(unified, 0700) < 0 ||
	    mount(cgroup_mount, unified, NULL, MS_BIND, NULL) < 0)
		return fail_errno(err, "bind '%s' for criu", cgroup_mount);
	return 0;
}

static int enter_mounts(const struct criu_place *place, struct error *err)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return fail_errno(err, "keep criu's mounts from the host");
	if (place->rootfs && mount(place->rootfs, place->rootfs, NULL, MS_BIND | MS_REC, NULL) < 0)
		return fail_errno(err, "bind '%s' for criu", place->rootfs);
	return place->cgroup_mount ? make_yard(place->cgroup_mount, place->yard, err) : 0;
}

static int keep_fd(int fd, struct error *err)
{
	return fcntl(fd, F_SETFD, 0) < 0 ? fail_errno(err, "hand descriptor %d to criu", fd) : 0;
}

static int become_criu(const struct criu_place *place, int sock, struct error *err)
{
	char number[16];
	int r = enter_mounts(place, err);

	for (size_t i = 0; r == 0 && i < place->n_fds; i++)
		r = keep_fd(place->fds[i], err);
	if (r == 0)
		r = keep_fd(sock, err);
	if (r < 0)
		return r;
	snprintf(number, sizeof(number), "%d", sock);
	execlp("criu", "criu", "swrk", number, NULL);
	return fail_errno(err, "execute 'criu'");
}

static _Noreturn void child_main(const struct criu_place *place, int sock, int gate)
{
	struct error err;

	signals_reset();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && sync_expect(gate, SYNC_GO, &err) >= 0) {
		become_criu(place, sock, &err);
		sync_say_error(gate, &err);
	}
	_exit(1);
}

static pid_t clone_criu(const struct criu_place *place, int *ret_pidfd)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD | CLONE_NEWNS,
		.pidfd = (uint64_t) (uintptr_t) ret_pidfd,
		.exit_signal = SIGCHLD,
	};

	if (place->cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t) place->cgroup;
	}
	return clone_copying(&args);
}

/* Before anything is made for it. */
static int check_program(struct error *err)
{
	const char *path = getenv("PATH");
	auto_free char *all = xstrdup(path ? path : "");
	char *rest = all;

	for (char *one; (one = strsep(&rest, ":"));) {
		auto_free char *program = xasprintf("%s/criu", *one ? one : ".");

		if (access(program, X_OK) == 0)
			return 0;
	}
	return fail(err, ENOENT,
		    "checkpoint and restore need the program 'criu', which is not in PATH");
}

static int check_needs(const struct criu_library **ret_library, struct error *err)
{
	if (geteuid() != 0)
		return fail(err, EPERM, "checkpoint and restore need root");
	if (check_program(err) < 0)
		return -ENOENT;
	return criu_library_open(ret_library, err);
}

int criu_spawn(const struct criu_place *place, struct criu *ret, struct error *err)
{
	int requests[2], gate[2], pidfd = -1, r;
	pid_t pid;

	r = check_needs(&ret->library, err);
	if (r < 0)
		return r;
	r = packet_pair(requests);
	if (r < 0)
		return fail(err, -r, "make a socket pair: %s", strerror(-r));
	ret->sock = requests[0];
	r = packet_pair(gate);
	if (r < 0) {
		close(requests[1]);
		return fail(err, -r, "make a socket pair: %s", strerror(-r));
	}
	ret->gate = gate[0];
	pid = clone_criu(place, &pidfd);
	if (pid == 0) {
		close(gate[0]);
		close(requests[0]);
		child_main(place, requests[1], gate[1]);
	}
	close(requests[1]);
	close(gate[1]);
	if (pid < 0)
		return fail(err, -pid, "clone criu's process: %s", strerror(-pid));
	ret->child = (struct child){ .pid = pid, .pidfd = pidfd };
	return 0;
}

int criu_execute(struct criu *criu, struct error *err)
{
	struct sync_packet packet;
	int r;

	r = sync_say(criu->gate, SYNC_GO, 0, -1, err);
	if (r == 0)
		r = sync_hear(criu->gate, &packet, err);
	cleanup_fd(&criu->gate);
	if (r > 0)
		return fail(err, EPROTO, "criu's process said '%s'", sync_name(packet.message));
	return r;
}

static int send_message(const struct criu *criu, const CriuRequest *request, struct error *err)
{
	size_t size = criu->library->get_packed_size(&request->base);
	auto_free uint8_t *packet = xcalloc(1, size);
	int r;

	criu->library->pack(&request->base, packet);
	r = packet_send(criu->sock, packet, size, NULL, 0);
	return r < 0 ? fail(err, -r, "ask criu: %s", strerror(-r)) : 0;
}

/* One answer; its descriptor, if one came with it, is *ret_fd. */
static int hear_answer(const struct criu *criu, CriuAnswer **ret, int *ret_fd, struct error *err)
{
	int fds[PACKET_FDS_MAX];
	uint8_t packet[ANSWER_MAX];
	ssize_t n;

	do
		n = packet_recv(criu->sock, packet, sizeof(packet), fds);
	while (n == -EINTR);
	if (n < 0)
		return fail(err, (int) -n, "hear criu: %s", strerror((int) -n));
	if (n == 0)
		return fail(err, EPIPE, "criu ended without an answer");
	cleanup_fd(&fds[1]);
	*ret = (CriuAnswer *) criu->library->unpack(&criu_answer__descriptor, NULL, (size_t) n,
						    packet);
	if (*ret) {
		*ret_fd = fds[0];
		return 0;
	}
	cleanup_fd(&fds[0]);
	return fail(err, EPROTO, "criu gave a malformed answer of %zd bytes", n);
}

static int reply(const struct criu *criu, bool is_success, struct error *err)
{
	CriuRequest message = CRIU_REQUEST__INIT;

	message.kind = CRIU_KIND__NOTIFY;
	message.has_notify_success = true;
	message.notify_success = is_success;
	return send_message(criu, &message, err);
}

/* A step that was refused ends the work: criu takes back what it has made, and says so. */
static void let_clean_up(const struct criu *criu)
{
	struct error ignored;
	bool is_last = false;
	int r = reply(criu, false, &ignored);

	while (r == 0 && !is_last) {
		CriuAnswer *answer = NULL;
		auto_fd fd = -1;

		r = hear_answer(criu, &answer, &fd, &ignored);
		if (r < 0)
			return;
		is_last = answer->kind != CRIU_KIND__NOTIFY;
		criu->library->free_unpacked(&answer->base, NULL);
		if (!is_last)
			r = reply(criu, true, &ignored);
	}
}

static int serve(const struct criu *criu, const CriuNotification *notification, int *fd,
		 criu_notified *notified, void *arg, struct error *err)
{
	const char *step = notification && notification->step ? notification->step : "";
	int r = 0;

	log_debug("criu: %s", step);
	if (notified)
		r = notified(step, notification ? notification->pid : 0, fd, arg, err);
	if (r < 0) {
		let_clean_up(criu);
		return r;
	}
	return reply(criu, true, err);
}

static int refused(const CriuAnswer *answer, const struct criu_directories *directories,
		   struct error *err)
{
	int code = answer->cr_errno > 0 ? answer->cr_errno : EIO;
	char reason[512];

	if (criu_log_reason(directories->work, directories->log, reason, sizeof(reason)) < 0)
		snprintf(reason, sizeof(reason), "%s",
			 answer->message ? answer->message : strerror(code));
	return fail(err, code, "criu: %s (see '%s/%s')", reason, directories->work_path,
		    directories->log);
}

/* 1: there is more to come. */
static int take_answer(const struct criu *criu, const CriuAnswer *answer, int *fd,
		       const struct criu_directories *directories, criu_notified *notified,
		       void *arg, pid_t *ret_pid, struct error *err)
{
	int r;

	if (answer->kind == CRIU_KIND__NOTIFY) {
		r = serve(criu, answer->notification, fd, notified, arg, err);
		return r < 0 ? r : 1;
	}
	if (!answer->success)
		return refused(answer, directories, err);
	if (ret_pid)
		*ret_pid = answer->restored ? answer->restored->pid : 0;
	return 0;
}

int criu_ask(struct criu *criu, CriuKind kind, CriuOpts *opts,
	     const struct criu_directories *directories, criu_notified *notified, void *arg,
	     pid_t *ret_pid, struct error *err)
{
	CriuRequest request = CRIU_REQUEST__INIT;
	int r;

	request.kind = kind;
	request.opts = opts;
	r = send_message(criu, &request, err);
	if (r < 0)
		return r;
	do {
		CriuAnswer *answer = NULL;
		auto_fd fd = -1;

		r = hear_answer(criu, &answer, &fd, err);
		if (r < 0)
			return r;
		r = take_answer(criu, answer, &fd, directories, notified, arg, ret_pid, err);
		criu->library->free_unpacked(&answer->base, NULL);
	} while (r > 0);
	return r;
}
