/* kill.c - a signal to every process of a cgroup and the cgroups below; see cgroup.h */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "cgroup/cgroup.h"
#include "cgroup/processes.h"

#define BATCH 64

struct target {
	pid_t pid;
	int pidfd;
	bool is_member;
};

/* What is to be sent, and where its receivers are listed. */
struct errand {
	int signal;
	int (*list)(int dirfd, char **ret_text, struct error *err);
};

/* Has gone, or is not the first thread of its process. */
static bool is_no_process(int code)
{
	return code == ESRCH || code == ENOENT || code == EINVAL;
}

static void mark_members(struct target *targets, size_t n, char *procs)
{
	for (pid_t pid; (pid = processes_next(&procs)) > 0;)
		for (size_t i = 0; i < n; i++)
			if (targets[i].pid == pid)
				targets[i].is_member = true;
}

/* A pid that was read may be another process by the time it is signalled.  So pidfds are opened
 * first, and then the list is read again: who is in it still, is who the pidfd holds. */
static int signal_batch(int dirfd, struct target *targets, size_t n, const struct errand *errand,
			struct error *err)
{
	auto_free char *procs = NULL;
	int rc = errand->list(dirfd, &procs, err);

	if (rc == 0)
		mark_members(targets, n, procs);
	for (size_t i = 0; i < n; i++) {
		if (rc == 0 && targets[i].is_member &&
		    syscall(SYS_pidfd_send_signal, targets[i].pidfd, errand->signal, NULL, 0) < 0 &&
		    errno != ESRCH)
			rc = fail_errno(err, "send signal %d to process %d", errand->signal,
					(int) targets[i].pid);
		close(targets[i].pidfd);
	}
	return rc;
}

static int signal_members(int dirfd, void *arg, struct error *err)
{
	const struct errand *errand = arg;
	auto_free char *procs = NULL;
	struct target targets[BATCH];
	size_t n = 0;
	auto_fd spare = -1;
	char *next;
	pid_t pid;
	int rc = errand->list(dirfd, &procs, err);

	if (rc < 0)
		return rc;
	/* for the list, which is read again when there may be no other descriptor left */
	spare = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);
	next = procs;
	pid = processes_next(&next);
	while (rc == 0 && pid > 0) {
		int pidfd = (int) syscall(SYS_pidfd_open, pid, 0);
		bool is_full = pidfd < 0 && n > 0 && (errno == EMFILE || errno == ENFILE);

		if (pidfd < 0 && !is_full && !is_no_process(errno))
			rc = fail_errno(err, "open process %d", (int) pid);
		if (pidfd >= 0)
			targets[n++] = (struct target){ .pid = pid, .pidfd = pidfd };
		if (n == BATCH || is_full) {
			cleanup_fd(&spare);
			rc = signal_batch(dirfd, targets, n, errand, err);
			n = 0;
			spare = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);
		}
		if (!is_full)
			pid = processes_next(&next);
	}
	cleanup_fd(&spare);
	if (rc == 0 && n > 0)
		return signal_batch(dirfd, targets, n, errand, err);
	while (n > 0)
		close(targets[--n].pidfd);
	return rc;
}

/* What is threaded in a cgroup that is not, that one lists. */
static bool is_threaded(int dirfd)
{
	char type[32];

	return file_peek(dirfd, "cgroup.type", type, sizeof(type)) > 0 &&
	       strcmp(type, "threaded") == 0;
}

int cgroup_kill_all(const struct cgroup *cgroup, int signal, struct error *err)
{
	struct errand errand = { .signal = signal, .list = processes_read };
	int rc = -ENOENT;

	if (cgroup->fd < 0)
		return 0;
	if (signal == SIGKILL)
		rc = file_put(cgroup->fd, "cgroup.kill", "1");
	if (rc == -ENODEV)
		return 0;
	if (rc == 0) {
		/* it passes over a process whose first thread has ended while others go on */
		processes_walk(cgroup->fd, signal_members, &errand, err);
		return 0;
	}
	if (rc != -ENOENT && rc != -EOPNOTSUPP) {
		fail(err, -rc, "write '1' to 'cgroup.kill': %s", strerror(-rc));
	} else { /* another signal, a kernel before 5.14, a threaded cgroup, or one that has gone */
		if (is_threaded(cgroup->fd))
			errand.list = processes_read_threads;
		rc = processes_walk(cgroup->fd, signal_members, &errand, err);
	}
	if (rc == 0)
		return 0;
	fail_in(err, "cgroup '%s'", cgroup->path);
	return fail_class(err, ERROR_CGROUP, NULL);
}
