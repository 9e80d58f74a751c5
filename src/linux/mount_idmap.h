/* mount_idmap.h - an idmapped mount: its files have other owners than on their file system
 *
 * The maps are the row's uidMappings and gidMappings (runtime specification, config.md, "Mounts"),
 * or come with the option "idmap" or "ridmap": alone it means the container's user namespace, and
 * "idmap=uids=0-100000-10#10-200000-5;gids=@0-1-10" spells them as crun does: an id of the file
 * system, the id on the host that it shows as, and how many.  Behind '@' the second is an id of the
 * container. */
#ifndef LINUX_MOUNT_IDMAP_H
#define LINUX_MOUNT_IDMAP_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "libocispec/linux.h"
#include "libocispec/mount.h"
#include "linux/mount_options.h"

/* Host, pure: the row's maps, and whether there can be any.  section: the container's "linux". */
int mount_idmap_check(const struct oci_mount *mount, const struct mount_options *options,
		      const struct oci_linux *section, const char *where, struct error *err);

/* True when the mount is to be mapped.  A file system that is made inside the container's user
 * namespace has its owners from there: "idmap" alone asks nothing more of it. */
bool mount_idmap_is_wanted(const struct oci_mount *mount, const struct mount_options *options,
			   bool is_made_inside);

/* Host, while init waits: maps the mount at mount_fd, which is detached.  It takes privileges over
 * the file system, which init may not have. */
int mount_idmap_write(pid_t pid, int mount_fd, const struct oci_mount *mount,
		      const struct oci_linux *section, struct error *err);

#endif
