/* mount_remove.h - takes a mount of a container that runs away again */
#ifndef LINUX_MOUNT_REMOVE_H
#define LINUX_MOUNT_REMOVE_H

#include "base/error.h"
#include "libocispec/mount.h"

/* Inside the container's mount namespace: detaches the topmost mount at the row's destination, found
 * below root_fd as mount_apply() finds it; the rest of the row says nothing.  procfs_fd: the host's
 * procfs, for the container's is hostile; it becomes the working directory. */
int mount_remove(int root_fd, const struct oci_mount *mount, int procfs_fd, struct error *err);

#endif
