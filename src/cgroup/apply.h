/* apply.h - the parts of cgroup_apply() that are files */
#ifndef CGROUP_APPLY_H
#define CGROUP_APPLY_H

#include "cgroup/cgroup.h"
#include "cgroup/settings.h"

/* Writes one setting to its file, or to its other file where the first is not there; arg is the
 * cgroup (const struct cgroup *), so that it can be a visitor of settings_walk(). */
int cgroup_write_setting(const struct setting *s, void *arg, struct error *err);

/* memory.checkBeforeUpdate: a limit below what is in use would not fail, it would kill.  Where the
 * member asks for it such a limit is refused: -EBUSY.  memory may be NULL. */
int cgroup_check_usage(const struct cgroup *cgroup, const struct oci_memory *memory,
		       struct error *err);

#endif
