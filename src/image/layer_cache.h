/* layer_cache.h - layers unpacked once, for all images that share them
 *
 *	STORE/layers/CHAIN/diff		a layer as overlayfs takes it, see overlay_marks.h
 *	STORE/erofs/CHAIN/image		a whole root as a block image
 *	STORE/erofs-layers/CHAIN/image	a layer's directory as one
 *	STORE/trees/CHAIN/root		a whole root as a directory, see tree_cache.h
 *
 * CHAIN is the image specification's ChainID: which layers lie below counts too, as directories
 * that a layer does not describe look as theirs.  Each appears whole, by a rename (staging.h). */
#ifndef IMAGE_LAYER_CACHE_H
#define IMAGE_LAYER_CACHE_H

#include <stdbool.h>

#include "base/error.h"
#include "image/layers.h"
#include "libocispec/types.h"

#define CHAIN_ID_MAX 65

/* The hexadecimal ChainID of layer i. */
int chain_id(const struct oci_image *config, size_t i, char ret[CHAIN_ID_MAX], struct error *err);

/* Adds those of all layers, unless there; none when the configuration cannot be read. */
void chains_of_manifest(const struct layout *layout, const struct oci_manifest *manifest,
			struct oci_strings *chains);

/* Unpacks what is missing; the layers' directories, topmost first, and none that an opaque root
 * hides, into *ret, which is to be freed with its strings. */
int layer_cache_fill(const char *store, const struct layer_source *source,
		     struct progress *progress, struct oci_strings *ret, struct error *err);

/* The directories of STORE that hold such: NULL ends them. */
extern const char *const layer_caches[];

struct erofs_request {
	const char *store;
	const struct layer_source *source;
	bool per_layer;	 /* an image of each layer, from the directories above */
	bool has_verity; /* see block_image.h */
};

/* Makes the block images that are missing.  Adds their paths, topmost first, to *ret, and with
 * has_verity as many digests to *ret_verity; both are to be freed with their strings. */
int erofs_cache_fill(const struct erofs_request *request, struct progress *progress,
		     struct oci_strings *ret, struct oci_strings *ret_verity, struct error *err);

#endif
