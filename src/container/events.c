/* events.c - what a container uses, and what happens to it while somebody watches */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/timestamp.h"
#include "base/wait.h"
#include "container/operations.h"
#include "container/record.h"
#include "container/signal_init.h"
#include "container/state_dir.h"
#include "container/stored.h"

#define POLL_MAX_MS 3600000
#define END_LIMIT_MS 10000

static int find_rdt(const struct state_dir *dir, struct intel_rdt *ret, struct error *err)
{
	auto_bundle bundle = BUNDLE_NONE;
	int r = stored_config_read(dir, &bundle.json, &bundle.json_len, &bundle.config, err);

	return r < 0 ? r : intel_rdt_place(bundle.config.linux->intel_rdt, dir->id, ret, err);
}

/* The groups of a container that runs, and a pidfd of its init. */
static int open_running(const char *root, const char *id, struct cgroup *ret_cgroup,
			struct intel_rdt *ret_rdt, int *ret_pidfd, struct error *err)
{
	auto_state_dir dir = STATE_DIR_NONE;
	auto_record record = { 0 };
	int r;

	r = state_dir_open(root, id, &dir, err);
	if (r == 0)
		r = record_load(&dir, &record, err);
	if (r == 0 && record_is_being_made(&record, &dir))
		record.pid = 0;
	if (r == 0)
		r = init_pidfd(&record, &dir, ret_pidfd, err);
	if (r == 0)
		r = find_rdt(&dir, ret_rdt, err);
	if (r < 0)
		return r;
	if (!record.cgroup_path)
		return fail_as(err, ERROR_CGROUP, ENOTSUP,
			       "container '%s' has no cgroup, so no statistics", id);
	return cgroup_open(record.cgroup_mount, record.cgroup_path, ret_cgroup, err);
}

int container_stats(const char *root, const char *id, struct cgroup_stats *ret,
		    struct rdt_stats *ret_rdt, struct error *err)
{
	auto_cgroup cgroup = CGROUP_NONE;
	auto_rdt rdt = INTEL_RDT_NONE;
	auto_fd pidfd = -1;
	int r;

	r = open_running(root, id, &cgroup, &rdt, &pidfd, err);
	if (r == 0)
		r = cgroup_stats_read(&cgroup, ret, err);
	if (r == 0)
		rdt_stats_read(&rdt, ret_rdt);
	return r;
}

struct watch {
	const struct container_watcher *watcher;
	const struct cgroup *cgroup;
	const struct intel_rdt *rdt;
	int pidfd;
	int memory_events;  /* -1: the cgroup has no memory controller, or has gone */
	uint64_t oom_kills; /* so far */
};

/* The file must be read through this very descriptor, or it would be readable for ever. */
static int report_oom_kills(struct watch *w, struct error *err)
{
	uint64_t kills;
	char text[1024];
	ssize_t n = w->memory_events < 0 ? -1 : pread(w->memory_events, text, sizeof(text), 0);
	int r = 0;

	if (n < 0) {
		cleanup_fd(&w->memory_events);
		return 0;
	}
	kills = cgroup_counter_read(w->cgroup->fd, "memory.events", "oom_kill");
	for (; r == 0 && w->oom_kills < kills; w->oom_kills++)
		r = w->watcher->oom_kill(w->watcher->arg, err);
	return r;
}

static int report_stats(const struct watch *w, struct error *err)
{
	auto_stats stats = { 0 };
	auto_rdt_stats rdt = { 0 };
	int r;

	r = cgroup_stats_read(w->cgroup, &stats, err);
	/* the end of the container is about to be seen, unless init was taken out of its cgroup */
	if (r == -ENOENT && wait_for(w->pidfd, END_LIMIT_MS) > 0)
		return 0;
	if (r < 0)
		return r;
	rdt_stats_read(w->rdt, &rdt);
	return w->watcher->stats(w->watcher->arg, &stats, &rdt, err);
}

static int watch(struct watch *w, int64_t interval_ms, struct error *err)
{
	int64_t next = monotonic_ms() + interval_ms;

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = w->pidfd, .events = POLLIN },
			{ .fd = w->memory_events, .events = POLLPRI },
		};
		int64_t left = next - monotonic_ms();
		int r;

		left = left < 0 ? 0 : left > POLL_MAX_MS ? POLL_MAX_MS : left;
		if (poll(fds, 2, (int) left) < 0 && errno != EINTR)
			return fail_errno(err, "wait for events of the container");
		r = report_oom_kills(w, err);
		if (r < 0 || fds[0].revents)
			return r;
		if (monotonic_ms() < next)
			continue;
		r = report_stats(w, err);
		if (r < 0)
			return r;
		next = monotonic_ms() + interval_ms;
	}
}

int container_watch(const char *root, const char *id, int64_t interval_ms,
		    const struct container_watcher *watcher, struct error *err)
{
	auto_cgroup cgroup = CGROUP_NONE;
	auto_rdt rdt = INTEL_RDT_NONE;
	auto_fd pidfd = -1;
	struct watch w = { .watcher = watcher, .cgroup = &cgroup, .rdt = &rdt };
	int r;

	r = open_running(root, id, &cgroup, &rdt, &pidfd, err);
	if (r < 0)
		return r;
	w.pidfd = pidfd;
	w.memory_events = openat(cgroup.fd, "memory.events", O_RDONLY | O_CLOEXEC);
	w.oom_kills = cgroup_counter_read(cgroup.fd, "memory.events", "oom_kill");
	r = watch(&w, interval_ms, err);
	cleanup_fd(&w.memory_events);
	return r;
}
