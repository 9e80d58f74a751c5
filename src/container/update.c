/* update.c - change the limits of a container that exists */
#include <errno.h>

#include "cgroup/cgroup.h"
#include "container/operations.h"
#include "container/record.h"
#include "container/state_dir.h"

static int check_status(const struct container_record *record, const struct state_dir *dir,
			struct error *err)
{
	enum container_status status = record_status(record, dir);

	if (status == STATUS_STOPPED || status == STATUS_CREATING)
		return fail_as(err, ERROR_STATE, EINVAL, "cannot update container '%s': it is %s",
			       record->id, container_status_name(status));
	if (!record->cgroup_path)
		return fail_as(err, ERROR_CGROUP, ENOTSUP,
			       "cannot update container '%s': it has no cgroup", record->id);
	return 0;
}

int container_update(const char *root, const char *id, const struct oci_resources *resources,
		     struct error *err)
{
	auto_state_dir dir = STATE_DIR_NONE;
	auto_record record = { 0 };
	auto_cgroup cgroup = CGROUP_NONE;
	int r;

	r = state_dir_open(root, id, &dir, err);
	if (r == 0)
		r = state_dir_lock(&dir, err);
	if (r == 0)
		r = record_read(dir.fd, &record, err);
	if (r == 0)
		r = check_status(&record, &dir, err);
	if (r == 0)
		r = cgroup_open(record.cgroup_mount, record.cgroup_path, &cgroup, err);
	if (r < 0)
		return r;
	cgroup.scope = scope_recorded(record.systemd_unit, record.systemd_user);
	return cgroup_update(&cgroup, resources, err);
}
