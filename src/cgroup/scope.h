/* scope.h - the systemd cgroup manager: a container's cgroup is that of a transient scope unit
 *
 * systemd starts no scope without a process in it.  So init is made first, waits, and goes on when
 * systemd has moved it (SYNC_PLACE of the handshake).  The scope is delegated: below it systemd
 * leaves all to us. */
#ifndef CGROUP_SCOPE_H
#define CGROUP_SCOPE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "cgroup/property.h"
#include "libocispec/resources.h"
#include "libocispec/types.h"

/* Where processes go: into a cgroup of this name below the scope's.  crun's word. */
#define ANNOTATION_SUBGROUP "run.oci.systemd.subgroup"

struct scope {
	char *unit;
	char *slice;
	char *path;	   /* of its cgroup, below that of its manager */
	char *subgroup;	   /* NULL: the scope's own cgroup holds the processes */
	bool is_user;	   /* a user's manager, not the system's */
	bool may_be_there; /* systemd was asked for it, and may have made it */
	struct property_list annotations;
};

void scope_free(struct scope *scope);

/* A scope that exists, as the state file tells of it; NULL where unit is NULL. */
struct scope *scope_recorded(const char *unit, bool is_user);

/* Host, before anything exists: the names from linux.cgroupsPath (scope_name.h) and the properties
 * from annotations.  Both may be NULL. */
int scope_plan(const char *cgroups_path, const char *id, const struct oci_string_map *annotations,
	       struct scope **ret, struct error *err);

/* Host, while init waits: makes the scope around process pid.  A scope of this name that has
 * failed is replaced; one that is there otherwise is -EEXIST. */
int scope_start(struct scope *scope, pid_t pid, const struct oci_resources *resources,
		struct error *err);

/* Tells systemd the limits of a scope that runs, and its device rules where there are some; resources
 * as in update.  cpu_period is that of its cpu.max now. */
int scope_update(const struct scope *scope, const struct oci_resources *resources,
		 uint64_t cpu_period, struct error *err);

#endif
