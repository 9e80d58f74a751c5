/* apply.h - the part of cgroup_apply() that is files */
#ifndef CGROUP_APPLY_H
#define CGROUP_APPLY_H

#include "cgroup/cgroup.h"

/* Writes every setting of resources (see settings.h) to its file in the cgroup, after what
 * memory.checkBeforeUpdate asks for.  An error names the member, the file and the value. */
int cgroup_write_limits(const struct cgroup *cgroup, const struct oci_resources *resources,
			struct error *err);

#endif
