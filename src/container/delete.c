/* delete.c - remove what create made */
#include "container/delete.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/wait.h"
#include "cgroup/cgroup.h"
#include "container/operations.h"
#include "container/ownership.h"
#include "container/record.h"
#include "container/signal_init.h"
#include "container/state_dir.h"
#include "container/stored.h"
#include "linux/intel_rdt.h"

#define KILL_LIMIT_MS 10000

static int kill_init(const struct container_record *record, const struct state_dir *dir,
		     struct error *err)
{
	auto_fd pidfd = -1;
	int r;

	r = init_pidfd(record, dir, &pidfd, err);
	if (r == -ESRCH)
		return 0;
	if (r < 0)
		return r;
	if (syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
		return fail_errno(err, "kill container '%s'", record->id);
	if (wait_for(pidfd, KILL_LIMIT_MS) <= 0)
		return fail(err, ETIMEDOUT,
			    "container '%s': init (pid %lld) did not end within %d seconds of SIGKILL",
			    record->id, (long long) record->pid, KILL_LIMIT_MS / 1000);
	return 0;
}

/* As runc does, a container that was never started needs no force. */
static int stop(const struct container_record *record, const struct state_dir *dir, bool force,
		struct error *err)
{
	enum container_status status = record_status(record, dir);

	if (status == STATUS_STOPPED)
		return 0;
	if (!force && status != STATUS_CREATED)
		return fail_as(err, ERROR_STATE, EBUSY,
			       "cannot delete container '%s': it is %s (use --force to kill it)",
			       record->id, container_status_name(status));
	return kill_init(record, dir, err);
}

static int delete_cgroup(const struct state_dir *dir, const struct container_record *record,
			 struct error *err)
{
	if (ownership_is_ours(record, dir))
		return cgroup_delete_unit(record->cgroup_mount, record->cgroup_path,
					  record->systemd_unit, record->systemd_user, err);
	log_warning("container '%s': its cgroup '%s' is another container's by now, and stays",
		    record->id, record->cgroup_path);
	return 0;
}

static int delete_recorded(struct state_dir *dir, const struct container_record *record, bool force,
			   struct error *err)
{
	int r;

	r = stop(record, dir, force, err);
	if (r == 0)
		r = delete_cgroup(dir, record, err);
	if (r == 0)
		r = intel_rdt_delete(record->rdt_group, record->rdt_monitor, err);
	if (r < 0)
		return r;
	stored_hooks_run(dir, record, STORED_POSTSTOP, err);
	return state_dir_remove(dir, err);
}

void container_destroy(struct state_dir *dir, const struct container_record *record)
{
	struct error err;

	if (delete_recorded(dir, record, true, &err) < 0)
		log_warning("%s", err.text);
}

/* The runtime was killed before it wrote down anything, so before it made anything else. */
static int delete_unrecorded(struct state_dir *dir, bool force, struct error *err)
{
	if (force)
		return state_dir_remove(dir, err);
	fail_in(err, "container '%s' was only half made (use --force)", dir->id);
	return fail_class(err, ERROR_STATE, "");
}

/* Somebody makes or starts it and does not come to an end; or has been killed while making it, and left an init that
 * holds the lock and cannot see that it is alone, for it is frozen (with a cgroup above its own).  Without init all
 * that is over. */
static int break_off(struct state_dir *dir, struct error *err)
{
	auto_record record = { 0 };
	auto_cgroup cgroup = CGROUP_NONE;
	struct error ignored;

	if (record_read(dir->fd, &record, &ignored) < 0)
		return -err->code;
	signal_init(&record, dir, SIGKILL, &ignored);
	if (record.cgroup_path && ownership_is_ours(&record, dir) &&
	    cgroup_open(record.cgroup_mount, record.cgroup_path, &cgroup, &ignored) == 0)
		cgroup_kill_all(&cgroup, SIGKILL, &ignored);
	return state_dir_lock(dir, err);
}

int container_delete(const char *root, const char *id, bool force, struct error *err)
{
	auto_state_dir dir = STATE_DIR_NONE;
	auto_record record = { 0 };
	int r;

	r = state_dir_open(root, id, &dir, err);
	if (r == 0)
		r = state_dir_lock(&dir, err);
	if (r == -EBUSY && force)
		r = break_off(&dir, err);
	if (r == -ENOENT && force)
		return 0;
	if (r < 0)
		return r;
	r = record_read(dir.fd, &record, err);
	if (r == -ENOENT)
		return delete_unrecorded(&dir, force, err);
	/* not even by force: what it would have named, a process and a cgroup, would be lost */
	if (r < 0)
		return fail_in(err, "cannot delete container '%s'", id);
	/* the lock is ours: whoever was creating it has died */
	return delete_recorded(&dir, &record, force, err);
}
