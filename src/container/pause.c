/* pause.c - stop a container's processes for a while */
#include <errno.h>

#include "cgroup/cgroup.h"
#include "container/operations.h"
#include "container/record.h"
#include "container/state_dir.h"

#define FREEZE_LIMIT_MS 10000

/* A pause that was killed, while a process of the container could not be stopped, has left it so. */
static bool is_half_frozen(const struct container_record *record)
{
	auto_cgroup cgroup = CGROUP_NONE;
	struct error ignored;

	return cgroup_open(record->cgroup_mount, record->cgroup_path, &cgroup, &ignored) == 0 &&
	       cgroup_is_told_to_freeze(&cgroup);
}

static int check_status(const struct container_record *record, const struct state_dir *dir,
			bool freeze, struct error *err)
{
	enum container_status status = record_status(record, dir);
	bool has_processes = status == STATUS_CREATED || status == STATUS_RUNNING;

	if (!record->cgroup_path)
		return fail_as(err, ERROR_CGROUP, ENOTSUP,
			       "cannot %s container '%s': it has no cgroup, so no freezer",
			       freeze ? "pause" : "resume", record->id);
	if (freeze ? has_processes : status == STATUS_PAUSED)
		return 0;
	if (!freeze && has_processes && is_half_frozen(record))
		return 0;
	return fail_as(err, ERROR_STATE, EINVAL, "cannot %s container '%s': it is %s, not %s",
		       freeze ? "pause" : "resume", record->id, container_status_name(status),
		       freeze ? "running" : "paused");
}

static int set_frozen(const char *root, const char *id, bool freeze, struct error *err)
{
	auto_state_dir dir = STATE_DIR_NONE;
	auto_record record = { 0 };
	auto_cgroup cgroup = CGROUP_NONE;
	int r;

	r = state_dir_open(root, id, &dir, err);
	if (r == 0)
		r = state_dir_lock(&dir, err);
	if (r == 0)
		r = record_load(&dir, &record, err);
	if (r == 0)
		r = check_status(&record, &dir, freeze, err);
	if (r == 0)
		r = cgroup_open(record.cgroup_mount, record.cgroup_path, &cgroup, err);
	if (r < 0)
		return r;
	r = cgroup_freeze(&cgroup, freeze, FREEZE_LIMIT_MS, err);
	return r < 0 ? fail_in(err, "container '%s'", id) : 0;
}

int container_pause(const char *root, const char *id, struct error *err)
{
	return set_frozen(root, id, true, err);
}

int container_resume(const char *root, const char *id, struct error *err)
{
	return set_frozen(root, id, false, err);
}
