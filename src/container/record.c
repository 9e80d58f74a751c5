/* record.c - see record.h */
#include "container/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "base/raw_syscall.h"
#include "base/text.h"
#include "cgroup/cgroup.h"
#include "libocispec/desc.h"
#include "libocispec/document.h"
#include "libocispec/encoding.h"

#define RECORD_FILE "state.json"
#define DRAFT_FILE ".state.json.draft"

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

int record_load(const struct state_dir *dir, struct container_record *ret, struct error *err)
{
	int r = record_read(dir->fd, ret, err);

	if (r == -ENOENT)
		return fail_as(err, ERROR_STATE, ENOENT,
			       "container '%s' does not exist: it is being made or deleted, or was only half "
			       "made (delete --force removes it)",
			       dir->id);
	return r < 0 ? fail_in(err, "container '%s'", dir->id) : 0;
}

/* A record that nobody can read again would leave a container that nobody can delete.  A path may be of
 * any bytes, JSON is UTF-8; and annotations that config.json just has room for are longer with the rest. */
static int check_readable(const char *json, size_t len, struct error *err)
{
	size_t at, start;

	if (len > OCI_DOCUMENT_MAX)
		return fail_at(err, EFBIG, "annotations",
			       "the state would be larger than %zu bytes", OCI_DOCUMENT_MAX);
	if (!oci_encoding_check(json, len, &at))
		return 0;
	for (start = at; start > 0 && json[start - 1] != '"'; start--)
		;
	return fail_as(err, ERROR_BUNDLE, EILSEQ, "the state would hold '%.*s', which is not UTF-8",
		       (int) str_until(json + start, '"'), json + start);
}

static int print(const struct container_record *record, char **ret_json, size_t *ret_len,
		 struct error *err)
{
	auto_free char *json = NULL;
	int r = oci_print(&container_record_desc, record, OCI_PRINT_COMPACT, &json, ret_len);

	if (r < 0)
		return fail(err, -r, "print the state: %s", strerror(-r));
	r = check_readable(json, *ret_len, err);
	if (r == 0)
		*ret_json = TAKE_PTR(json);
	return r;
}

int record_write(const struct state_dir *dir, const struct container_record *record,
		 struct error *err)
{
	auto_free char *json = NULL;
	size_t len;
	int r;

	r = print(record, &json, &len, err);
	if (r < 0)
		return r;
	r = file_replace(dir->fd, RECORD_FILE, json, len, 0600, err);
	return r < 0 ? fail_in(err, "the state directory '%s/%s'", dir->root, dir->id) : 0;
}

void record_draft_release(struct record_draft *draft)
{
	free(draft->text);
	*draft = RECORD_DRAFT_NONE;
}

/* The value of a member of the object itself: quotes within strings are escaped. */
static char *find_value(char *json, const char *member)
{
	char *found = strstr(json, member);

	return found ? found + strlen(member) : NULL;
}

int record_draft(const struct container_record *record, struct record_draft *ret, struct error *err)
{
	struct container_record longest = *record;
	struct record_draft draft = RECORD_DRAFT_NONE;
	int r;

	longest.pid = INT32_MAX;
	longest.start_time = UINT64_MAX;
	r = print(&longest, &draft.text, &draft.len, err);
	if (r < 0)
		return r;
	draft.pid = find_value(draft.text, "\"pid\":");
	draft.start_time = find_value(draft.text, "\"startTime\":");
	if (!draft.pid || !draft.start_time) {
		record_draft_release(&draft);
		return fail(err, EINVAL, "print the state: no place for the process");
	}
	*ret = draft;
	return 0;
}

/* In place of a number that is at least as long; JSON has blanks behind it. */
static void overwrite_number(char *place, uint64_t value)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long) value);

	memcpy(place, digits, (size_t) n);
	for (place += n; *place >= '0' && *place <= '9'; place++)
		*place = ' ';
}

int record_write_draft(int state_dir, struct record_draft *draft, pid_t pid)
{
	struct process_info info;
	int r = process_read(pid, &info);

	if (r < 0)
		return r;
	overwrite_number(draft->pid, (uint64_t) pid);
	overwrite_number(draft->start_time, info.start_time);
	/* who writes here holds the lock */
	r = file_put_whole(state_dir, DRAFT_FILE, draft->text, draft->len, 0600);
	if (r < 0)
		return r;
	return (int) raw_syscall(SYS_renameat2, state_dir, RAW(DRAFT_FILE), state_dir,
				 RAW(RECORD_FILE), 0, 0);
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

/* One that we may not look at is not dead on that account: delete would kill what runs. */
static bool is_init_alive(const struct container_record *record, struct process_info *ret)
{
	int r = process_find((pid_t) record->pid, record->start_time, ret);

	if (r < 0)
		*ret = (struct process_info){ 0 };
	return r != -ESRCH;
}

static bool is_starting(const struct container_record *record, const struct state_dir *dir,
			const struct process_info *init)
{
	return str_equal(record->status, "starting") && !init->has_executed &&
	       state_dir_is_taken(dir);
}

bool record_is_being_made(const struct container_record *record, const struct state_dir *dir)
{
	struct process_info init;

	if (!str_equal(record->status, "starting"))
		return str_equal(record->status, "creating");
	return is_init_alive(record, &init) && is_starting(record, dir, &init);
}

enum container_status record_status(const struct container_record *record,
				    const struct state_dir *dir)
{
	struct process_info init;

	if (str_equal(record->status, "creating"))
		return state_dir_is_taken(dir) ? STATUS_CREATING : STATUS_STOPPED;
	if (!is_init_alive(record, &init))
		return STATUS_STOPPED;
	if (is_starting(record, dir, &init))
		return STATUS_CREATING;
	if (is_frozen(record))
		return STATUS_PAUSED;
	/* a start that was killed has not written down what it had done */
	return str_equal(record->status, "created") && !init.has_executed ? STATUS_CREATED
									  : STATUS_RUNNING;
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
