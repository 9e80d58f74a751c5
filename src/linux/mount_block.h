/* mount_block.h - a file system in a file, mounted read-only: from the file itself where the kernel
 * can (erofs from Linux 6.12 on), or through a loop device that goes away with the mount */
#ifndef LINUX_MOUNT_BLOCK_H
#define LINUX_MOUNT_BLOCK_H

#include "base/error.h"

/* Mounts `image`, of that type, on what target_fd refers to. */
int mount_block_attach(const char *type, const char *image, int target_fd, struct error *err);

#endif
