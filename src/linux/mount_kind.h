/* mount_kind.h - what a row of "mounts" asks for */
#ifndef LINUX_MOUNT_KIND_H
#define LINUX_MOUNT_KIND_H

#include <stdbool.h>

#include "libocispec/mount.h"
#include "linux/mount_options.h"
#include "linux/mount_target.h"

enum mount_kind {
	MOUNT_KIND_FS, /* a new file system of the row's type */
	MOUNT_KIND_BIND,
	MOUNT_KIND_CGROUP,
	MOUNT_KIND_REMOUNT, /* changes to what is mounted there */
};

/* Sorts the row's options (*ret must be released) and says what it asks for.  A bind is one by its
 * type alone, too: other options may go without "bind". */
enum mount_kind mount_kind_parse(const struct oci_mount *mount, struct mount_options *ret);

/* Of options that mount_kind_parse() has sorted. */
enum mount_kind mount_kind_of(const struct oci_mount *mount, const struct mount_options *options);

/* Whether what is mounted may depend on the network namespace of who mounts it.  Not so a procfs, which
 * shows each reader his own, nor an empty tmpfs, devpts or mqueue, which know of none. */
bool mount_sees_network(const struct oci_mount *mount);

bool mount_has_type(const struct oci_mount *mount, const char *type);

/* True when the row is a bind whose destination is `path` (e.g. "/dev": then the host's device
 * nodes are wanted, and devices_apply() is not to be called). */
bool mount_binds(const struct oci_mount *mount, const char *path);

/* The row's target, not open; `path` is its clean destination and must stay. */
struct mount_target mount_kind_target(const struct oci_mount *mount,
				      const struct mount_options *options, const char *path);

#endif
