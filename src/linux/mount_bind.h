/* mount_bind.h - a bind mount: a detached clone of a host path, with what its options change */
#ifndef LINUX_MOUNT_BIND_H
#define LINUX_MOUNT_BIND_H

#include <stdbool.h>

#include "base/error.h"
#include "linux/mount_options.h"

/* Clones what `source` (a path of the host, or relative to the current directory) refers to;
 * with is_recursive in the options, with all mounts below it.  Returns as mount_bind_change(). */
int mount_bind_open(const char *source, const struct mount_options *options, int *ret_fd,
		    struct error *err);

/* The same for what source_fd refers to; `name` is for messages. */
int mount_bind_open_fd(int source_fd, const char *name, const struct mount_options *options,
		       int *ret_fd, struct error *err);

/* Applies the attributes to a mount, attached or not.  Flags that the kernel
 * has locked, since the mount came from a more privileged mount namespace, stay as they are; where
 * the recursive options would take one from a mount below, which has more of them than the top, it
 * fails. Returns 1 when so the access time is another than options->atime asks for. */
int mount_bind_change(int fd, const struct mount_options *options, struct error *err);

#endif
