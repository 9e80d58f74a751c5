/* mount_cgroup.h - the container's view of the cgroup tree, detached */
#ifndef LINUX_MOUNT_CGROUP_H
#define LINUX_MOUNT_CGROUP_H

#include <stdbool.h>

#include "base/error.h"
#include "linux/mount_options.h"

/* With a cgroup namespace: a cgroup2 file system, whose root is the namespace's.  Without one: a bind of the
 * host's /sys/fs/cgroup, where the path in /proc/self/cgroup leads to the container's own, as programs expect
 * that look for their limits.  In a user namespace, be it the runtime's (podman of a user), or where hierarchies
 * of cgroup v1 lie there, too: a bind of source_fd (the container's cgroup).  That of the container's own user
 * namespace, and the host's where there is no other (-1), is read-only (CVE-2023-25809).  A cgroup2 is never made
 * from the host's cgroup namespace: that would set the options of the host's own mount, nsdelegate among them.
 * Returns as mount_bind_change(). */
int mount_cgroup_open(bool has_cgroup_ns, bool in_user_ns, int source_fd,
		      const struct mount_options *options, int *ret_fd, struct error *err);

#endif
