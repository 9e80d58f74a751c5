/* freeze.c - stop and continue all processes of a cgroup; see cgroup.h */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "cgroup/cgroup.h"
#include "cgroup/processes.h"

#define EVENTS_SIZE 128

/* Waits until cgroup.events has the line; the kernel wakes who polls it.  -ETIMEDOUT. */
static int wait_for_line(int events, const char *line, int limit_ms)
{
	int64_t deadline = monotonic_ms() + limit_ms;

	for (;;) {
		struct pollfd p = { .fd = events, .events = POLLPRI };
		char text[EVENTS_SIZE];
		ssize_t n = pread(events, text, sizeof(text) - 1, 0);
		int64_t left = deadline - monotonic_ms();

		if (n < 0)
			return -errno;
		text[n] = '\0';
		if (strstr(text, line))
			return 0;
		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int) left) < 0 && errno != EINTR)
			return -errno;
	}
}

/* A process of the cgroup itself that no signal and no freezer can stop right now; 0: none. */
static pid_t find_unstoppable(int dirfd)
{
	auto_free char *text = NULL;
	struct error ignored;
	char *next;

	if (processes_read(dirfd, &text, &ignored) < 0)
		return 0;
	next = text;
	for (pid_t pid; (pid = processes_next(&next)) > 0;) {
		struct process_info info;

		if (process_read(pid, &info) == 0 && info.state == 'D')
			return pid;
	}
	return 0;
}

static int fail_waiting(const struct cgroup *cgroup, bool freeze, int limit_ms, struct error *err)
{
	pid_t pid = freeze ? find_unstoppable(cgroup->fd) : 0;
	const char *wanted = freeze ? "frozen 1" : "frozen 0";
	const char *reason = freeze ? "" : " (is a cgroup above it frozen?)";
	auto_free char *who = NULL;

	if (pid > 0)
		who = xasprintf(" (process %d sleeps and cannot be interrupted)", (int) pid);
	return fail_as(err, ERROR_CGROUP, ETIMEDOUT,
		       "cgroup '%s': waited %d ms for '%s' in its 'cgroup.events'%s", cgroup->path,
		       limit_ms, wanted, who ? who : reason);
}

int cgroup_freeze(const struct cgroup *cgroup, bool freeze, int limit_ms, struct error *err)
{
	auto_fd events = openat(cgroup->fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	int rc = events < 0 ? -errno : file_put(cgroup->fd, "cgroup.freeze", freeze ? "1" : "0");

	if (rc < 0)
		return fail_as(err, ERROR_CGROUP, -rc, "%s the cgroup '%s': %s",
			       freeze ? "freeze" : "thaw", cgroup->path, strerror(-rc));
	rc = wait_for_line(events, freeze ? "frozen 1" : "frozen 0", limit_ms);
	if (rc == 0)
		return 0;
	if (rc != -ETIMEDOUT)
		return fail_as(err, ERROR_CGROUP, -rc, "read 'cgroup.events' of '%s': %s",
			       cgroup->path, strerror(-rc));
	rc = fail_waiting(cgroup, freeze, limit_ms, err);
	if (freeze) /* rather running than half frozen */
		file_put(cgroup->fd, "cgroup.freeze", "0");
	return rc;
}
