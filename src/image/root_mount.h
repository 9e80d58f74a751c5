/* root_mount.h - a bundle's root that is a mount: from shared, read-only layers or a block image,
 * with what the container writes in the bundle
 *
 *	BUNDLE/mount.json	what is mounted
 *	BUNDLE/rootfs		where
 *	BUNDLE/upper, work	what is written; overlayfs's own
 *	BUNDLE/images/N		driver erofs: where block image N is mounted while the root is; the
 *				root keeps it, so they are unmounted at once */
#ifndef IMAGE_ROOT_MOUNT_H
#define IMAGE_ROOT_MOUNT_H

#include <limits.h>
#include <stdbool.h>

#include "base/error.h"
#include "libocispec/types.h"

/* As much of a ChainID as the shortest form of a mount's options shows. */
#define CHAIN_PREFIX_LEN 16

/* mount.json */
struct root_mount {
	char *driver;		   /* "overlay" or "erofs" */
	struct oci_strings layers; /* overlay: directories, topmost first */
	struct oci_strings images; /* erofs: block images, topmost first */
	struct oci_strings verity; /* as many fs-verity digests, or none */
	char *store;		   /* which has them */
	bool is_temporary;	   /* the bundle is nobody's when nobody has locked (flock) the
				    * directory that it is in: that of a run */
};

#define auto_root_mount __attribute__((cleanup(root_mount_release))) struct root_mount
void root_mount_release(struct root_mount *mount);

/* Makes the bundle's directories and mount.json. */
int root_mount_write(int bundle_fd, const struct root_mount *mount, struct error *err);

/* Reads mount.json. */
int root_mount_read(int bundle_fd, struct root_mount *ret, struct error *err);

/* Mounts what mount.json says; is_new: for the first time, so the root is to look as the topmost layer's.
 * -EBUSY (class bundle) when it is mounted already. */
int root_mount_attach(int bundle_fd, bool is_new, struct error *err);

/* The same for a bundle that somebody else has made, perhaps moved since: the store is locked
 * meanwhile, and notes where the bundle is. */
int root_mount_again(int bundle_fd, struct error *err);

/* Unmounts it; lazily: what still uses it keeps it until it ends.  Where nothing is mounted nothing
 * is done.  Returns 1 when the root was mounted, else 0. */
int root_mount_detach(int bundle_fd, struct error *err);

/* The path that the directory has now. */
int path_of_fd(int fd, char ret[PATH_MAX], struct error *err);

#endif
