/* rootfs.h - the container's root: a mount of its own, and the change into it
 *
 * All but rootfs_propagation_parse() run inside, in a new mount namespace, in this order:
 * open, (mounts, devices, masks), pivot, propagation, readonly. */
#ifndef LINUX_ROOTFS_H
#define LINUX_ROOTFS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* "rprivate", "slave", ... to MS_* with MS_REC for the r-forms; NULL gives 0, which is what
 * rootfs_open() and rootfs_propagation_apply() take for "not said".  -EINVAL without an error set
 * when the name is unknown; the JSON path is the caller's. */
int rootfs_propagation_parse(const char *name, uint64_t *ret);

/* What rows of "mounts" become that say nothing of it themselves; 0: as they come. */
uint64_t rootfs_propagation_of_rows(uint64_t propagation);

/* Cuts this mount namespace off, so that nothing done in it shows on the host, and puts a clone
 * of the tree at `path` on top of it; *ret_root_fd (O_PATH) is that clone's root.
 * The host's own mounts become slaves (private ones if `propagation` is private or unbindable):
 * what the host mounts later still arrives in a bind, never the other way round.  When it is
 * shared they stay as they are, for binds that are to be shared with the host, and only the
 * mount that holds the root is made private.  */
int rootfs_open(const char *path, uint64_t propagation, int *ret_root_fd, struct error *err);

/* Makes root_fd the root and the current directory, and lets the host's tree go.  no_pivot, for
 * a host that runs from its initramfs: moves it over "/" and changes the root; weaker, since the
 * host's tree stays below. */
int rootfs_pivot(int root_fd, bool no_pivot, struct error *err);

/* Gives "/" the propagation asked for; 0 does nothing.  What is below it is what its row says, or what
 * rootfs_open() and rootfs_propagation_of_rows() have made it: but with "runbindable", for nothing could be
 * bound on the way, it becomes that here. */
int rootfs_propagation_apply(uint64_t propagation, struct error *err);

/* Makes the mount at "/" read-only; its other flags stay. */
int rootfs_readonly_apply(struct error *err);

#endif
