/* delegate.h - hand a cgroup, or a part of it, over to a container that manages cgroups itself
 *
 * config-linux.md, "Cgroup ownership"; cgroups(7), "Cgroups delegation". */
#ifndef CGROUP_DELEGATE_H
#define CGROUP_DELEGATE_H

#include <sys/types.h>

#include "cgroup/cgroup.h"

/* Host, while init waits: lets host uid `owner` own the cgroup dirfd, in which the container's init
 * is, and those of its files that /sys/kernel/cgroup/delegate names.  The limits stay ours.  Nothing
 * is to be done when `owner` owns it already. */
int cgroup_delegate(int dirfd, uid_t owner, struct error *err);

/* The annotation run.oci.delegate-cgroup: a path below the container's cgroup, for init to be in, so
 * that the container can be given all of that one.  "." and ".." components are refused: -EINVAL. */
#define CGROUP_DELEGATE_ANNOTATION "run.oci.delegate-cgroup"
int cgroup_sub_path_check(const char *sub_path, struct error *err);

/* Host, before clone: makes that path below the container's cgroup, with all its controllers.
 * *ret_fd is O_PATH of it. */
int cgroup_sub_path_make(const struct cgroup *cgroup, const char *sub_path, int *ret_fd,
			 struct error *err);

/* The same for a process that is in the container's cgroup already, where a systemd has put it: moves
 * it down, for a cgroup with processes of its own hands no controllers on. */
int cgroup_sub_path_enter(const struct cgroup *cgroup, const char *sub_path, pid_t pid, int *ret_fd,
			  struct error *err);

#endif
