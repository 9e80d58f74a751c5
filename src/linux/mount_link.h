/* mount_link.h - "copy-symlink": a source that is a link becomes the same link in the root */
#ifndef LINUX_MOUNT_LINK_H
#define LINUX_MOUNT_LINK_H

#include "base/error.h"

/* Makes the link that dir_fd/source is (source "": dir_fd itself) at `path` below root_fd, where
 * nothing or the same link may be.  Returns 1 when it was one, 0 when the source is no link. */
int mount_link_copy(int dir_fd, const char *source, int root_fd, const char *path,
		    struct error *err);

#endif
