/* record.h - state.json: what is remembered of a container between two commands
 *
 * The file says how far create and start have come; whether the process still lives, the kernel
 * says.  Everything else that a later command needs stands in the copy of config.json beside it, which is there
 * before the status is another than creating, and where it has hooks before the record is. */
#ifndef CONTAINER_RECORD_H
#define CONTAINER_RECORD_H

#include <sys/types.h>

#include "base/error.h"
#include "container/state_dir.h"
#include "libocispec/types.h"

struct container_record {
	char *oci_version;
	char *id;
	char *status; /* creating, created or running: the last step that was taken; or starting (self_start.h) */
	int64_t pid;	     /* of init, in the host's pid namespace; 0 while creating */
	uint64_t start_time; /* of init: with the pid, which process it is */
	char *bundle;
	char *rootfs;
	char *created;	      /* RFC 3339, UTC */
	uint32_t owner;	      /* uid that created it */
	bool has_hooks;	      /* config.json has poststart or poststop hooks */
	uint32_t hooks_limit; /* seconds that the startContainer hooks may take */
	char *cgroup_mount;   /* absent: no cgroup */
	char *cgroup_path;
	bool has_very_little_memory; /* container_has_very_little_memory() */
	char *systemd_unit;	     /* absent: not the systemd manager's */
	bool systemd_user;	     /* ... and a user's manager, not the system's */
	char *rdt_group;	     /* the class of service that was made for it; absent: none */
	char *rdt_monitor;	     /* its monitoring group; absent: none */
	struct oci_string_map annotations;
};

#define auto_record __attribute__((cleanup(record_release))) struct container_record

void record_release(struct container_record *record);

/* Reads state.json of the state directory; -ENOENT (class state) when there is none: the
 * runtime died before init was there. */
int record_read(int state_dir, struct container_record *ret, struct error *err);

/* The same of an open container, whose id the error says. */
int record_load(const struct state_dir *dir, struct container_record *ret, struct error *err);

/* Puts it there atomically. */
int record_write(const struct state_dir *dir, const struct container_record *record,
		 struct error *err);

/* The text of a record whose process is not there yet. */
struct record_draft {
	char *text;
	size_t len;
	char *pid, *start_time; /* where in it they will be */
};

#define RECORD_DRAFT_NONE ((struct record_draft){ .text = NULL })

void record_draft_release(struct record_draft *draft);

/* All of record but those two. */
int record_draft(const struct container_record *record, struct record_draft *ret,
		 struct error *err);

/* Puts it there atomically for the process, with its start time.  Touches neither heap nor errno, as
 * init may be in our memory (linux/clone.h).  Returns 0 or -errno. */
int record_write_draft(int state_dir, struct record_draft *draft, pid_t pid);

/* What the container is now: the record, and one look at init and the freezer, or while it is
 * being created at the lock that its creator holds on dir. */
enum container_status {
	STATUS_CREATING,
	STATUS_CREATED,
	STATUS_RUNNING,
	STATUS_PAUSED,
	STATUS_STOPPED,
};

enum container_status record_status(const struct container_record *record,
				    const struct state_dir *dir);

/* Whether init is being made, and is no container's process yet, though the record may say which it
 * will be. */
bool record_is_being_made(const struct container_record *record, const struct state_dir *dir);

/* "creating", ... as the specification writes it ("paused" is runc's word). */
const char *container_status_name(enum container_status status);

#endif
