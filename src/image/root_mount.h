/* root_mount.h - a bundle's root that is a mount: from shared, read-only layers or a block image,
 * with what the container writes in the bundle
 *
 *	BUNDLE/mount.json	what is mounted
 *	BUNDLE/rootfs		where
 *	BUNDLE/upper, work	what is written; overlayfs's own
 *	BUNDLE/image		driver erofs: where the block image is mounted */
#ifndef IMAGE_ROOT_MOUNT_H
#define IMAGE_ROOT_MOUNT_H

#include "base/error.h"
#include "libocispec/types.h"

/* mount.json */
struct root_mount {
	char *driver;			/* "overlay" or "erofs" */
	struct oci_strings layers;	/* overlay: directories, topmost first */
	char *image;			/* erofs: the block image */
};

#define auto_root_mount __attribute__((cleanup(root_mount_release))) struct root_mount
void root_mount_release(struct root_mount *mount);

/* Makes the bundle's directories and mount.json. */
int root_mount_write(int bundle_fd, const struct root_mount *mount, struct error *err);

/* Mounts what mount.json says.  -EBUSY (class bundle) when it is mounted already. */
int root_mount_attach(int bundle_fd, struct error *err);

/* Unmounts it; lazily: what still uses it keeps it until it ends.  Where nothing is mounted nothing
 * is done.  Returns how many mounts there were. */
int root_mount_detach(int bundle_fd, struct error *err);

#endif
