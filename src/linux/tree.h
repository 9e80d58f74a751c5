/* tree.h - detached mounts: clone a tree, change it, attach it
 *
 * These return a descriptor or 0, or -errno, and set no error: their callers know what the mount
 * is for.  Descriptors are close-on-exec. */
#ifndef LINUX_TREE_H
#define LINUX_TREE_H

#include <stdbool.h>
#include <stdint.h>

/* A detached clone of the mount at `path` from dir_fd, as open(2) would find it; "" is what
 * dir_fd itself refers to.  flags: AT_RECURSIVE, AT_SYMLINK_NOFOLLOW. */
int tree_clone(int dir_fd, const char *path, unsigned int flags);

/* Changes the mount that fd is the root of: MOUNT_ATTR_* to set and to clear, and one of
 * MS_SHARED ... or 0.  flags: AT_RECURSIVE. */
int tree_change(int fd, unsigned int flags, uint64_t set, uint64_t clear, uint64_t propagation);

/* Whether fd is the root of a mount. */
bool tree_is_root(int fd);

/* Whether both are the same file of the same mount. */
bool tree_is_same(int fd, int other_fd);

/* Attaches a detached mount on what target_fd refers to; afterwards tree_fd refers to the
 * attached mount. */
int tree_attach(int tree_fd, int target_fd);

#endif
