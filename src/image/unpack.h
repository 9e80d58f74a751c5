/* unpack.h - an image becomes a bundle */
#ifndef IMAGE_UNPACK_H
#define IMAGE_UNPACK_H

#include <signal.h>

#include "base/error.h"
#include "image/layer.h"
#include "image/layers.h"
#include "image/limits.h"
#include "image/settings.h"

/* What the bundle's rootfs is. */
enum driver {
	DRIVER_DIR,	/* a directory of its own */
	DRIVER_OVERLAY, /* a mount of layers that bundles share */
	DRIVER_EROFS,	/* a mount of a block image that bundles share */
};

struct unpack_request {
	const struct layer_source *source;
	const char *bundle;  /* made by this; must not be there, or be empty */
	unsigned int driver; /* enum driver */
	bool has_reflinks;   /* driver dir: of a tree that the store keeps, see tree_cache.h */
	bool per_layer;	     /* driver erofs: as struct erofs_request has it */
	bool has_verity;
	const char *store;    /* where the drivers overlay and erofs keep what is shared */
	bool is_temporary;    /* see struct root_mount */
	const char *poststop; /* a program's path: when the container is deleted, it is
			       * called with "umount BUNDLE"; NULL: none */
	struct settings settings;
	struct limits limits;
	const volatile sig_atomic_t *stop; /* as struct progress has it */
	/* Is asked when the layers are there, before the bundle appears; NULL: nobody. */
	int (*confirm)(void *context, struct error *err);
	void *context;
};

/* Makes the bundle: config.json and rootfs.  It is there, whole, when this returns 0; on failure
 * nothing is left of it.  *ret tells what was done and what could not be. */
int unpack_image(const struct unpack_request *request, struct progress *ret, struct error *err);

/* Removes the bundle dir/name with all in it, and what is mounted there; the store forgets it.  Where
 * there is none nothing is done. */
int bundle_delete(int dir, const char *name, struct error *err);

#endif
