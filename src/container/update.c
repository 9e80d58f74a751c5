/* update.c - change the limits of a container that exists */
#include <errno.h>

#include "cgroup/cgroup.h"
#include "container/operations.h"
#include "container/record.h"
#include "container/state_dir.h"
#include "container/stored.h"
#include "linux/intel_rdt.h"

static int check_status(const struct container_record *record, const struct state_dir *dir,
			bool needs_cgroup, struct error *err)
{
	enum container_status status = record_status(record, dir);

	if (status == STATUS_STOPPED || status == STATUS_CREATING)
		return fail_as(err, ERROR_STATE, EINVAL, "cannot update container '%s': it is %s",
			       record->id, container_status_name(status));
	if (needs_cgroup && !record->cgroup_path)
		return fail_as(err, ERROR_CGROUP, ENOTSUP,
			       "cannot update container '%s': it has no cgroup", record->id);
	return 0;
}

static int find(const char *root, const char *id, bool needs_cgroup, struct state_dir *dir,
		struct container_record *record, struct error *err)
{
	int r;

	r = state_dir_open(root, id, dir, err);
	if (r == 0)
		r = state_dir_lock(dir, err);
	if (r == 0)
		r = record_load(dir, record, err);
	return r < 0 ? r : check_status(record, dir, needs_cgroup, err);
}

int container_update(const char *root, const char *id, const struct oci_resources *resources,
		     struct error *err)
{
	auto_state_dir dir = STATE_DIR_NONE;
	auto_record record = { 0 };
	auto_cgroup cgroup = CGROUP_NONE;
	int r;

	r = find(root, id, true, &dir, &record, err);
	if (r == 0)
		r = cgroup_open(record.cgroup_mount, record.cgroup_path, &cgroup, err);
	if (r < 0)
		return r;
	cgroup.scope = scope_recorded(record.systemd_unit, record.systemd_user);
	return cgroup_update(&cgroup, resources, err);
}

int container_update_rdt(const char *root, const char *id, const char *l3_cache_schema,
			 const char *mem_bw_schema, struct error *err)
{
	auto_state_dir dir = STATE_DIR_NONE;
	auto_record record = { 0 };
	auto_bundle bundle = BUNDLE_NONE;
	int r;

	r = find(root, id, false, &dir, &record, err);
	if (r < 0)
		return r;
	r = stored_config_read(&dir, &bundle.json, &bundle.json_len, &bundle.config, err);
	if (r < 0)
		return r;
	return intel_rdt_update(bundle.config.linux->intel_rdt, id, l3_cache_schema, mem_bw_schema,
				err);
}
