/* ownership.h - is the cgroup that a container's record names still this container's?
 *
 * Not if the container died before it made it, and another one with the same linux.cgroupsPath has it
 * now; `delete` would kill that one.  Each container therefore writes on its cgroup where its state
 * is and when it was created (see cgroup/owner.h).  Since a container could change what is written
 * there, so as to outlive its deletion, it counts only if that other container exists, in a
 * directory that nobody but us can write to, and its record names this very cgroup. */
#ifndef CONTAINER_OWNERSHIP_H
#define CONTAINER_OWNERSHIP_H

#include <stdbool.h>

#include "cgroup/cgroup.h"
#include "container/record.h"
#include "container/state_dir.h"

/* Host, before clone: writes the container's name on its cgroup; nothing on CGROUP_NONE.  Where that
 * cannot be done it is done without. */
void ownership_write(const struct cgroup *cgroup, const struct state_dir *dir, const char *created);

/* True when nobody else owns the cgroup of the record, which may have gone or never been made. */
bool ownership_is_ours(const struct container_record *record, const struct state_dir *dir);

#endif
