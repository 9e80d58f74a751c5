/* processes.c - which processes a container has */
#include <errno.h>

#include "cgroup/cgroup.h"
#include "container/operations.h"
#include "container/ownership.h"
#include "container/record.h"
#include "container/state_dir.h"

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
		return 0;
	if (r == 0)
		r = cgroup_processes(&cgroup, ret_pids, ret_n, err);
	cgroup_release(&cgroup);
	return r;
}
