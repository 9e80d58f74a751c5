/* mount_remove.h - takes a mount of a container that runs away again */
#ifndef LINUX_MOUNT_REMOVE_H
#define LINUX_MOUNT_REMOVE_H

#include "base/error.h"
#include "libocispec/mount.h"

/* Inside the container's mount namespace: detaches the topmost mount at the row's destination, found
 * below root_fd; the rest of the row says nothing.  Behind a symbolic link nothing is found: the
 * container could lead us by it to what keeps /proc/sys read-only, or hides a file.  procfs_fd: the host's
 * procfs, for the container's is hostile; it becomes the working directory. */
int mount_remove(int root_fd, const struct oci_mount *mount, int procfs_fd, struct error *err);

/* Detaches the mount that fd is the root of.  0 or -errno. */
int mount_detach(int fd, int procfs_fd);

#endif
