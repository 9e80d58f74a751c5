/* processes.c - which processes a container has */
#include <errno.h>

#include "cgroup/cgroup.h"
#include "container/operations.h"
#include "container/ownership.h"
#include "container/record.h"
#include "container/state_dir.h"

/* A cgroup goes after its processes, so init is elsewhere by now, and nobody knows who else. */
static int fail_lost(const struct container_record *record, const struct state_dir *dir,
		     struct error *err)
{
	enum container_status status = record_status(record, dir);

	if (status == STATUS_STOPPED || status == STATUS_CREATING)
		return 0;
	fail_in(err, "container '%s' is %s, but which processes it has is not known", record->id,
		container_status_name(status));
	return fail_class(err, ERROR_CGROUP, NULL);
}

int container_processes(const char *root, const char *id, pid_t **ret_pids, size_t *ret_n,
			struct error *err)
{
	auto_state_dir dir = STATE_DIR_NONE;
	auto_record record = { 0 };
	struct cgroup cgroup = CGROUP_NONE;
	int r;

	*ret_pids = NULL;
	*ret_n = 0;
	r = state_dir_open(root, id, &dir, err);
	if (r == 0)
		r = record_load(&dir, &record, err);
	if (r < 0)
		return r;
	if (!record.cgroup_path)
		return fail_as(err, ERROR_STATE, ENOTSUP,
			       "container '%s' has no cgroup: which processes it has is not known",
			       id);
	if (!ownership_is_ours(&record, &dir))
		return 0;
	r = cgroup_open(record.cgroup_mount, record.cgroup_path, &cgroup, err);
	if (r == -ENOENT)
		return fail_lost(&record, &dir, err);
	if (r == 0)
		r = cgroup_processes(&cgroup, ret_pids, ret_n, err);
	cgroup_release(&cgroup);
	return r;
}
