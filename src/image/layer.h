/* layer.h - a layer applied to the tree, by the letter of the image specification's layer.md
 *
 * Nothing a layer holds can have an effect outside the tree: see docs/unpack.md for the rules. */
#ifndef IMAGE_LAYER_H
#define IMAGE_LAYER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "image/attributes.h"
#include "image/limits.h"
#include "image/stream.h"
#include "image/tree.h"

/* What goes on from layer to layer. */
struct progress {
	size_t layers;
	uint64_t entries;
	uint64_t bytes; /* uncompressed */
	struct losses losses;
	const struct limits *limits;	   /* NULL: the defaults */
	const volatile sig_atomic_t *stop; /* non-zero: -EINTR soon; NULL: never */
};

/* Reads the stream to its end and applies the tar in it to the tree; progress->layers tells how
 * many were applied before.  On failure the tree is as far as the layer got.  Where one entry is to
 * blame, *err names it, and its class is image whatever the kernel said. */
int layer_apply(struct stream *stream, struct tree *tree, struct progress *progress,
		struct error *err);

#endif
