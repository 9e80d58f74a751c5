/* devices.h - the device nodes and links in the container's /dev */
#ifndef LINUX_DEVICES_H
#define LINUX_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "libocispec/linux.h"

/* Host, pure: each entry of linux.devices has an absolute path, a known type, and numbers unless
 * it is a FIFO. */
int devices_check(const struct oci_device *devices, size_t n, struct error *err);

/* Inside, before pivot_root(2), behind the mounts.  Makes the default devices (config-linux.md,
 * "Default Devices": null zero full random urandom tty), the configured ones, which win over a
 * default of the same path, and the links fd stdin stdout stderr ptmx ("Dev symbolic links"), over which
 * they win, too, but for ptmx itself.
 * Where mknod(2) is not allowed, as in a user namespace, the host's node of the same path is
 * bound, if it has the numbers asked for.  /dev must be a real directory, and nothing is
 * reached but by descriptors below it (CVE-2026-41579, CVE-2026-47766).  What the image left in
 * the way of a default device or a link is replaced, unless it is a directory that is not empty; in the way of a
 * configured device it is an error, as the specification says.  A node that a mount has put there
 * is the host's, and keeps its owner and mode.  Not to be called when the configuration binds a
 * directory on /dev (see mount_binds): it would change that directory. */
int devices_apply(int root_fd, const struct oci_device *devices, size_t n, bool in_user_ns,
		  struct error *err);

/* Inside, before pivot_root(2): binds the terminal on /dev/console.  slave_fd must come from a
 * devpts of this mount namespace by TIOCGPTPEER, so no name in the container is followed
 * (CVE-2025-52565). */
int console_apply(int root_fd, int slave_fd, struct error *err);

#endif
