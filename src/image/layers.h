/* layers.h - all layers of an image, applied one over the other */
#ifndef IMAGE_LAYERS_H
#define IMAGE_LAYERS_H

#include "base/error.h"
#include "image/layer.h"
#include "image/layout.h"
#include "image/resolve.h"

struct growing;

/* Where the layers of an image come from. */
struct layer_source {
	const struct layout *layout;
	const struct image *image;
	/* Instead of the layout's blobs: layer i while it is still being fetched; NULL: none is. */
	struct growing *(*coming)(void *context, size_t i);
	void *context;
};

/* Applies the image's layers to the root, lowest first.  While one is written the next is already
 * read and decompressed, as far as the buffers go. */
int layers_apply(const struct layer_source *source, int root_fd, struct progress *progress,
		 struct error *err);

/* Applies layer i alone to the tree, which is_overlay says how. */
int layers_apply_one(const struct layer_source *source, size_t i, struct tree *tree,
		     struct progress *progress, struct error *err);

#endif
