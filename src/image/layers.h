/* layers.h - all layers of an image, applied one over the other */
#ifndef IMAGE_LAYERS_H
#define IMAGE_LAYERS_H

#include "base/error.h"
#include "image/layer.h"
#include "image/layout.h"
#include "image/resolve.h"

/* Applies the image's layers to the root, lowest first.  While one is written the next is already
 * read and decompressed, as far as the buffers go. */
int layers_apply(const struct layout *layout, const struct image *image, int root_fd,
		 struct progress *progress, struct error *err);

#endif
