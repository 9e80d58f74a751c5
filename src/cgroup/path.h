/* path.h - where below the cgroup2 mount a container's cgroup goes */
#ifndef CGROUP_PATH_H
#define CGROUP_PATH_H

#include <sys/types.h>

#include "base/error.h"

/* Decides the path from linux.cgroupsPath (NULL: absent), the container's id and the cgroup of
 * the calling process ("/user.slice/..."):
 *
 *	cgroupsPath        result
 *	"/a/b"             /a/b
 *	"a/b"              dirname(own)/a/b
 *	absent             dirname(own)/id
 *
 * Beside the caller's cgroup, not below it: that one holds processes, so the kernel would let no
 * controller be enabled for its children.  Empty and "." components are left out; ".." ones and the
 * root are refused with -EINVAL.  systemd's "slice:prefix:name" is a name like any other: dockerd whose
 * cgroups systemd makes gives it for the steps of a build (BuildKit), but does not say --systemd-cgroup.
 * *ret_path is to be freed. */
int cgroup_path_plan(const char *cgroups_path, const char *id, const char *own, char **ret_path,
		     struct error *err);

/* The v2 cgroup of the calling process, from /proc/self/cgroup; to be freed. */
int cgroup_path_own(char **ret_own, struct error *err);

/* The same of process pid, as the caller's cgroup namespace shows it. */
int cgroup_path_of(pid_t pid, char **ret_path, struct error *err);

#endif
