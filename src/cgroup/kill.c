/* kill.c - a signal to every process of a cgroup and the cgroups below; see cgroup.h */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cgroup/cgroup.h"

#define PROCS_MAX (64 * 1024 * 1024)
#define BATCH 64

struct target {
	pid_t pid;
	int pidfd;
	bool is_member;
};

static int read_procs(int dirfd, char **ret_text, struct error *err)
{
	auto_fd fd = openat(dirfd, "cgroup.procs", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail_errno(err, "open 'cgroup.procs'");
	return file_read_fd(fd, "cgroup.procs", PROCS_MAX, ret_text, NULL, err);
}

/* The next number of a list of lines; 0 at its end.  A process that our pid namespace cannot see
 * is listed as 0 and skipped: it cannot be signalled from here. */
static pid_t next_pid(char **text)
{
	while (**text) {
		pid_t pid = (pid_t) strtol(*text, text, 10);

		*text += strspn(*text, "\n");
		if (pid > 0)
			return pid;
	}
	return 0;
}

static void mark_members(struct target *targets, size_t n, char *procs)
{
	for (pid_t pid; (pid = next_pid(&procs)) > 0;)
		for (size_t i = 0; i < n; i++)
			if (targets[i].pid == pid)
				targets[i].is_member = true;
}

/* A pid that was read may be another process by the time it is signalled.  So pidfds are opened
 * first, and then the list is read again: who is in it still, is who the pidfd holds. */
static int signal_batch(int dirfd, struct target *targets, size_t n, int signal, struct error *err)
{
	auto_free char *procs = NULL;
	int rc = read_procs(dirfd, &procs, err);

	if (rc == 0)
		mark_members(targets, n, procs);
	for (size_t i = 0; i < n; i++) {
		if (rc == 0 && targets[i].is_member &&
		    syscall(SYS_pidfd_send_signal, targets[i].pidfd, signal, NULL, 0) < 0 &&
		    errno != ESRCH)
			rc = fail_errno(err, "send signal %d to process %d", signal,
					(int) targets[i].pid);
		close(targets[i].pidfd);
	}
	return rc;
}

static int signal_members(int dirfd, int signal, struct error *err)
{
	auto_free char *procs = NULL;
	struct target targets[BATCH];
	size_t n = 0;
	char *next;
	int rc = read_procs(dirfd, &procs, err);

	if (rc < 0)
		return rc;
	next = procs;
	for (pid_t pid; rc == 0 && (pid = next_pid(&next)) > 0;) {
		int pidfd = (int) syscall(SYS_pidfd_open, pid, 0);

		if (pidfd < 0 && errno != ESRCH)
			rc = fail_errno(err, "open process %d", (int) pid);
		if (pidfd >= 0)
			targets[n++] = (struct target) { .pid = pid, .pidfd = pidfd };
		if (n == BATCH) {
			rc = signal_batch(dirfd, targets, n, signal, err);
			n = 0;
		}
	}
	if (rc == 0 && n > 0)
		return signal_batch(dirfd, targets, n, signal, err);
	while (n > 0)
		close(targets[--n].pidfd);
	return rc;
}

static int signal_tree(int dirfd, int signal, struct error *err)
{
	int rc = signal_members(dirfd, signal, err);
	auto_fd fd = -1;
	auto_dir *dir = NULL;

	if (rc == -ENOENT || rc == -ENODEV) /* removed meanwhile */
		return 0;
	if (rc < 0)
		return rc;
	fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return errno == ENOENT ? 0 : fail_errno(err, "read the cgroup's directory");
	fd = -1; /* dir's */
	for (struct dirent *entry; rc == 0 && (entry = readdir(dir));) {
		auto_fd child = -1;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		child = openat(dirfd, entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (child >= 0)
			rc = signal_tree(child, signal, err);
		else if (errno != ENOENT)
			rc = fail_errno(err, "open the sub-cgroup '%s'", entry->d_name);
	}
	return rc;
}

int cgroup_kill_all(const struct cgroup *cgroup, int signal, struct error *err)
{
	int rc = -ENOENT;

	if (cgroup->fd < 0)
		return 0;
	if (signal == SIGKILL)
		rc = file_put(cgroup->fd, "cgroup.kill", "1");
	if (rc == 0 || rc == -ENODEV)
		return 0;
	if (rc != -ENOENT)
		fail(err, -rc, "write '1' to 'cgroup.kill': %s", strerror(-rc));
	else /* another signal, or a kernel before 5.14, or a cgroup that has gone */
		rc = signal_tree(cgroup->fd, signal, err);
	if (rc == 0)
		return 0;
	fail_in(err, "cgroup '%s'", cgroup->path);
	return fail_class(err, ERROR_CGROUP, NULL);
}
