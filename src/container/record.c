/* record.c - see record.h */
#include "container/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "cgroup/cgroup.h"
#include "libocispec/desc.h"
#include "libocispec/document.h"

#define RECORD_FILE "state.json"

/* clang-format off */
OCI_DESC(container_record,
	OCI_F(container_record, oci_version,  "ociVersion",  REQUIRED),
	OCI_F(container_record, id,           "id",          REQUIRED),
	OCI_F(container_record, status,       "status",      REQUIRED),
	OCI_F(container_record, pid,          "pid",         REQUIRED),
	OCI_F(container_record, start_time,   "startTime",   REQUIRED),
	OCI_F(container_record, bundle,       "bundle",      REQUIRED),
	OCI_F(container_record, rootfs,       "rootfs",      REQUIRED),
	OCI_F(container_record, created,      "created",     REQUIRED),
	OCI_F(container_record, owner,        "owner"),
	OCI_F(container_record, has_hooks,    "hasHooks"),
	OCI_F(container_record, hooks_limit,  "hooksLimit"),
	OCI_F(container_record, cgroup_mount, "cgroupMount"),
	OCI_F(container_record, cgroup_path,  "cgroupPath"),
	OCI_F(container_record, has_very_little_memory, "hasVeryLittleMemory"),
	OCI_F(container_record, systemd_unit, "systemdUnit"),
	OCI_F(container_record, systemd_user, "systemdUser"),
	OCI_F(container_record, rdt_group,    "rdtGroup"),
	OCI_F(container_record, rdt_monitor,  "rdtMonitor"),
	OCI_F(container_record, annotations,  "annotations"));
/* clang-format on */

void record_release(struct container_record *record)
{
	oci_release(&container_record_desc, record);
}

int record_read(int state_dir, struct container_record *ret, struct error *err)
{
	auto_free char *json = NULL;
	struct oci_error reason;
	size_t len;
	int r;

	r = file_read(state_dir, RECORD_FILE, OCI_DOCUMENT_MAX, &json, &len, err);
	if (r < 0)
		return fail_class(err, ERROR_STATE, RECORD_FILE);
	r = oci_parse(&container_record_desc, ret, json, len, &reason);
	if (r < 0)
		return fail_as(err, ERROR_STATE, reason.code, "%s: %s: %s", RECORD_FILE,
			       reason.path, reason.text);
	return 0;
}

int record_write(int state_dir, const struct container_record *record, struct error *err)
{
	auto_free char *json = NULL;
	size_t len;
	int r;

	r = oci_print(&container_record_desc, record, OCI_PRINT_COMPACT, &json, &len);
	if (r < 0)
		return fail(err, -r, "print the state: %s", strerror(-r));
	return file_replace(state_dir, RECORD_FILE, json, len, 0600, err);
}

static bool is_frozen(const struct container_record *record)
{
	struct cgroup cgroup = CGROUP_NONE;
	struct error err;
	bool frozen;

	if (!record->cgroup_path ||
	    cgroup_open(record->cgroup_mount, record->cgroup_path, &cgroup, &err) < 0)
		return false;
	frozen = cgroup_is_frozen(&cgroup);
	cgroup_release(&cgroup);
	return frozen;
}

static bool is_init_alive(const struct container_record *record, struct process_info *ret)
{
	return record->pid > 0 && process_read((pid_t) record->pid, ret) == 0 &&
	       ret->start_time == record->start_time && ret->state != 'Z' && ret->state != 'X';
}

enum container_status record_status(const struct container_record *record,
				    const struct state_dir *dir)
{
	struct process_info init;

	if (str_equal(record->status, "creating"))
		return state_dir_is_taken(dir) ? STATUS_CREATING : STATUS_STOPPED;
	if (!is_init_alive(record, &init))
		return STATUS_STOPPED;
	if (is_frozen(record))
		return STATUS_PAUSED;
	/* a start that was killed has not written down what it had done */
	return str_equal(record->status, "created") && !init.has_executed ? STATUS_CREATED :
									    STATUS_RUNNING;
}

const char *container_status_name(enum container_status status)
{
	static const char *const names[] = {
		[STATUS_CREATING] = "creating", [STATUS_CREATED] = "created",
		[STATUS_RUNNING] = "running",	[STATUS_PAUSED] = "paused",
		[STATUS_STOPPED] = "stopped",
	};

	return names[status];
}
