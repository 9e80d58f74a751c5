/* make.h - a cgroup's directories, and the controllers enabled on the way down */
#ifndef CGROUP_MAKE_H
#define CGROUP_MAKE_H

#include "cgroup/cgroup.h"

/* Makes cgroup->path, as cgroup_create() (see cgroup.h) does where it may; a scope's is there. */
int cgroup_make(struct cgroup *cgroup, const struct oci_resources *resources, struct error *err);

/* A cgroup that is there (cgroup->fd) must not be another container's: -EBUSY when it has
 * processes, or is frozen, so that nothing could run in it. */
int cgroup_check_unused(const struct cgroup *cgroup, struct error *err);

#endif
