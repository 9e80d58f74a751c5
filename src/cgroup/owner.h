/* owner.h - a word on a cgroup that says whose it is
 *
 * A cgroup has a path, and a path can be somebody else's by now: after a runtime died before it
 * made the cgroup that it had noted down, another container with the same linux.cgroupsPath can
 * have made it.  So who makes or takes a cgroup writes itself into an extended attribute of it. */
#ifndef CGROUP_OWNER_H
#define CGROUP_OWNER_H

#include "cgroup/cgroup.h"

#define CGROUP_OWNER_MAX 4352 /* a path, and some more */

/* Host, before clone: writes `owner` on the cgroup.  Returns 0 or -errno and sets no error. */
int cgroup_owner_write(const struct cgroup *cgroup, const char *owner);

/* What was written, NUL-terminated.  Returns 0; -ENODATA: nothing was; another -errno.  It is not to be
 * trusted: a container that may write to its own cgroup can change it. */
int cgroup_owner_read(const struct cgroup *cgroup, char ret_owner[CGROUP_OWNER_MAX]);

#endif
