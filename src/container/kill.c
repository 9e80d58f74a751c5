/* kill.c - send a signal to a container */
#include <errno.h>
#include <signal.h>

#include "cgroup/cgroup.h"
#include "container/operations.h"
#include "container/ownership.h"
#include "container/record.h"
#include "container/signal_init.h"
#include "container/state_dir.h"

static int kill_cgroup(const struct container_record *record, int signal, struct error *err)
{
	auto_cgroup cgroup = CGROUP_NONE;
	int r = cgroup_open(record->cgroup_mount, record->cgroup_path, &cgroup, err);

	return r < 0 ? r : cgroup_kill_all(&cgroup, signal, err);
}

int container_kill(const char *root, const char *id, int signal, bool all, struct error *err)
{
	auto_state_dir dir = STATE_DIR_NONE;
	auto_record record = { 0 };
	int r;

	r = state_dir_open(root, id, &dir, err);
	if (r == 0)
		r = record_load(&dir, &record, err);
	if (r < 0)
		return r;
	/* what is neither created nor running is left alone (runtime.md, "Kill") */
	if (record_is_being_made(&record, &dir))
		record.pid = 0;
	if (all && record.pid <= 0)
		all = false;
	/* whoever shares a pid namespace does not end with init */
	if (signal == SIGKILL && !all) {
		r = signal_init(&record, &dir, 0, err);
		if (r < 0)
			return r;
		all = true;
	}
	if (all && record.cgroup_path && ownership_is_ours(&record, &dir)) {
		r = kill_cgroup(&record, signal, err);
		if (r != -ENOENT)
			return r;
		/* it has gone, as all that was in it */
	}
	return signal_init(&record, &dir, signal, err);
}
