/* layer_cache.h - layers unpacked once, for all images that share them
 *
 *	STORE/layers/CHAIN/diff		a layer as overlayfs takes it, see overlay_marks.h
 *	STORE/erofs/CHAIN/image		a whole root as a block image
 *
 * CHAIN is the image specification's ChainID: which layers lie below counts too, as directories
 * that a layer does not describe look as theirs.  Each appears whole, by a rename (staging.h). */
#ifndef IMAGE_LAYER_CACHE_H
#define IMAGE_LAYER_CACHE_H

#include "base/error.h"
#include "image/layers.h"
#include "libocispec/types.h"

#define CHAIN_ID_MAX 65

/* The hexadecimal ChainID of layer i. */
int chain_id(const struct oci_image *config, size_t i, char ret[CHAIN_ID_MAX], struct error *err);

/* Unpacks what is missing; the layers' directories, topmost first, and none that an opaque root
 * hides, into *ret, which is to be freed with its strings. */
int layer_cache_fill(const char *store, const struct layer_source *source,
		     struct progress *progress, struct oci_strings *ret, struct error *err);

/* Makes the block image if it is missing, and adds its path to *ret. */
int erofs_cache_fill(const char *store, const struct layer_source *source,
		     struct progress *progress, struct oci_strings *ret, struct error *err);

#endif
