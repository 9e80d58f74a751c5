/* cgroup.h - a container's cgroup: planned and made before clone, limited while init waits
 *
 * cgroup v2 only.  On a hybrid host (v1 hierarchies beside a v2 one) the v2 hierarchy is used,
 * with the controllers that v1 left to it.  Everything here runs on the host.  Errors are of
 * class cgroup, or of class config where a value of config.json is to blame. */
#ifndef CGROUP_CGROUP_H
#define CGROUP_CGROUP_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "cgroup/device_filter.h"
#include "cgroup/driver.h"
#include "cgroup/scope.h"
#include "libocispec/resources.h"

struct cgroup {
	char *mount;	     /* where cgroup2 is mounted; NULL: there is no cgroup */
	char *path;	     /* the container's, below mount: "/system/c1" */
	char *made_from;     /* the topmost directory that we made; NULL: none yet */
	int fd;		     /* mount + path, O_PATH | O_DIRECTORY; -1: not there yet */
	bool is_asked_for;   /* by linux.cgroupsPath: no container without it */
	char *why_none;	     /* the container does without one, as none could be made */
	struct scope *scope; /* the systemd manager's; NULL: we make the cgroup ourselves */
};

#define CGROUP_NONE ((struct cgroup){ .fd = -1 })

/* Leaving the scope removes what cgroup_create() made: on success, cgroup_release() it first. */
#define auto_cgroup __attribute__((cleanup(cgroup_undo))) struct cgroup

/* Removes the directories from made_from on, or the scope, killing what is left in them, and
 * releases. */
void cgroup_undo(struct cgroup *cgroup);

/* Frees the strings and closes fd; the cgroup stays.  *cgroup is CGROUP_NONE afterwards. */
void cgroup_release(struct cgroup *cgroup);

#define CGROUP_MOUNT "/sys/fs/cgroup"
#define CGROUP_MOUNT_HYBRID "/sys/fs/cgroup/unified"

/* Finds where cgroup2 is mounted: one of the two above.  -ENOENT where it is neither. */
int cgroup_find_mount(const char **ret_mount, struct error *err);

/* What config.json can get wrong about linux.resources on cgroup v2, found before anything
 * exists.  With the manager disabled, any limit is an error.  resources may be NULL. */
int cgroup_resources_check(enum cgroup_manager manager, const struct oci_resources *resources,
			   struct error *err);

/* Host, before anything exists: decides mount and path (see path.h), so that they can be noted
 * down before there is something to lose.  A cgroup that is there must have no processes and not
 * be frozen: -EBUSY.  With the manager disabled *ret is CGROUP_NONE.  The systemd manager decides
 * slice, scope and their properties (scope.h); a user's scope has no path yet.  cgroups_path and
 * annotations may be NULL. */
int cgroup_plan(enum cgroup_manager manager, const char *cgroups_path, const char *id,
		const struct oci_string_map *annotations, struct cgroup *ret, struct error *err);

/* Host, before clone: makes the planned cgroup's directories, and enables in its ancestors the
 * controllers that are there and useful; those that `resources` (may be NULL) needs must be
 * there.  An existing cgroup is taken, or refused, as above.  Without the right to make one, a
 * container that asks for none goes without: *cgroup is CGROUP_NONE but for why_none.  When it
 * fails, what was made is the guard's.  Does nothing for the systemd manager: see cgroup_place(). */
int cgroup_create(struct cgroup *cgroup, const struct oci_resources *resources, struct error *err);

/* Says that the container goes without, and why; for when it is there: engines take the first words
 * on standard error that they know, as "Permission denied", for what a failure comes of. */
void cgroup_warn_of_none(const struct cgroup *cgroup);

/* Host, while init (pid) waits, for the systemd manager: has it moved into a new scope, finds the
 * scope's cgroup, and enables in its ancestors what systemd does not know and resources needs. */
int cgroup_place(struct cgroup *cgroup, pid_t pid, const struct oci_resources *resources,
		 struct error *err);

/* Host, when clone failed with EOPNOTSUPP: a cgroup that was made where an ancestor is threaded takes
 * no process before it is threaded too; the controllers of memory and io are not for those.  Returns 0
 * or -errno and sets no error. */
int cgroup_make_threaded(const struct cgroup *cgroup);

/* Host, before clone: writes the limits and attaches the device program.  Later, when the kernel has
 * counted some memory in advance for the processors, a small limit of memory would kill what needs less.
 * Does nothing to CGROUP_NONE.  resources may be NULL. */
int cgroup_apply(const struct cgroup *cgroup, const struct oci_resources *resources,
		 struct error *err);

/* The same, but of a cgroup that is new the device program is only made ready: *ret, for
 * device_filter_load(), which takes its time and can do so beside init. */
int cgroup_apply_limits(const struct cgroup *cgroup, const struct oci_resources *resources,
			struct device_filter *ret, struct error *err);

/* Changes the limits of a cgroup that is in use to those that resources names; what is absent or
 * 0 there stays as it is.  Device rules, if there are some, take the place of the former ones
 * without a gap.  All or nothing: when one cannot be set, those before it are put back. */
int cgroup_update(const struct cgroup *cgroup, const struct oci_resources *resources,
		  struct error *err);

/* The cgroup of a container that exists, from its state file.  -ENOENT when it has gone. */
int cgroup_open(const char *mount, const char *path, struct cgroup *ret, struct error *err);

/* A cgroup that exists in or below `parent`, by its path from there ("a/b", "/a/b"; "/" is the
 * parent itself): one that leads out of it is refused (-EXDEV).  Errors are of class usage. */
int cgroup_open_below(const struct cgroup *parent, const char *path, struct cgroup *ret,
		      struct error *err);

/* The cgroup that process pid is in now, of the hierarchy mounted at `mount`. */
int cgroup_open_of(pid_t pid, const char *mount, struct cgroup *ret, struct error *err);

/* Moves process pid into it, with all its threads; what it has allocated stays charged to the cgroup
 * that it comes from. */
int cgroup_enter(const struct cgroup *cgroup, pid_t pid, struct error *err);

/* True when no process is in it nor in a cgroup below it; a cgroup that has gone is empty. */
bool cgroup_is_empty(const struct cgroup *cgroup);

/* True when the cgroup's processes have all been stopped by cgroup.freeze, its own or an
 * ancestor's. */
bool cgroup_is_frozen(const struct cgroup *cgroup);

/* True when its own cgroup.freeze says so, though some of its processes may not have stopped yet. */
bool cgroup_is_told_to_freeze(const struct cgroup *cgroup);

/* Stops (freeze) or continues every process in it and in the cgroups below, and waits until the
 * kernel says that they are, at most limit_ms: -ETIMEDOUT, and what could not be frozen in that
 * time runs on.  What an ancestor has frozen stays so: that times out too. */
int cgroup_freeze(const struct cgroup *cgroup, bool freeze, int limit_ms, struct error *err);

/* The processes in it and in the cgroups below, by number; *ret_pids is to be freed.  A cgroup
 * that has gone has none. */
int cgroup_processes(const struct cgroup *cgroup, pid_t **ret_pids, size_t *ret_n,
		     struct error *err);

/* Sends signal to every process in it and in the cgroups below.  SIGKILL also reaches frozen ones
 * and those that fork meanwhile (cgroup.kill); any other signal reaches those that are found in
 * one pass.  A cgroup that has gone is no error. */
int cgroup_kill_all(const struct cgroup *cgroup, int signal, struct error *err);

/* Kills what is left in the cgroup, and removes it and the cgroups below it, waiting up to ten
 * seconds for processes that are on their way out (-EBUSY then).  One that is not there, and
 * NULL for mount or path (a container without a cgroup), are no error.  Its parents stay. */
int cgroup_delete(const char *mount, const char *path, struct error *err);

/* As cgroup_delete(), and for a scope (unit is not NULL) has systemd forget it too. */
int cgroup_delete_unit(const char *mount, const char *path, const char *unit, bool is_user,
		       struct error *err);

#endif
