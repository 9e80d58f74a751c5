/* mount_cgroup.h - the container's view of the cgroup tree, detached */
#ifndef LINUX_MOUNT_CGROUP_H
#define LINUX_MOUNT_CGROUP_H

#include <stdbool.h>

#include "base/error.h"
#include "linux/mount_options.h"

/* With a cgroup namespace: a cgroup2 file system, whose root is the namespace's.  Without one, or
 * where a user namespace may not have its own: a bind of source_fd (the container's cgroup), or,
 * when that is -1, of the host's /sys/fs/cgroup, read-only (CVE-2023-25809).  A cgroup2 is never
 * made from the host's cgroup namespace: that would set the options of the host's own mount,
 * nsdelegate among them.  Returns as mount_bind_change(). */
int mount_cgroup_open(bool has_cgroup_ns, bool in_user_ns, int source_fd,
		      const struct mount_options *options, int *ret_fd, struct error *err);

#endif
