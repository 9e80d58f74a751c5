/* device_node.h - the host's device nodes, and nothing that only looks like them */
#ifndef LINUX_DEVICE_NODE_H
#define LINUX_DEVICE_NODE_H

#include <sys/types.h>

#include "base/error.h"

/* Opens (O_PATH) the node `path` from the calling process's root, which must still be the host's,
 * following no link at its end, and checks its type (S_IFCHR, S_IFBLK) and numbers. */
int device_node_open(const char *path, mode_t type, dev_t rdev, int *ret_fd, struct error *err);

#endif
