/* tree_cache.h - a root that was unpacked once, and then cloned for each bundle
 *
 *	STORE/trees/CHAIN/root		the root; nobody writes to it
 *
 * A clone shares the blocks of every file until one of the two is written (FICLONE): so it costs its
 * directory entries only, and what is written in a bundle is that bundle's.  Hard links into the
 * store would cost less still, but then a program that writes to a file in one container would write
 * to it in all, and in the store: for that there is the driver overlay. */
#ifndef IMAGE_TREE_CACHE_H
#define IMAGE_TREE_CACHE_H

#include "base/error.h"
#include "image/layers.h"

/* Fills dir/name, an empty directory, with a clone of the source's root, which is unpacked if the
 * store has not got it.  -ENOTSUP (class usage) when the store and dir cannot share blocks. */
int tree_cache_clone(const char *store, const struct layer_source *source, int dir,
		     const char *name, struct progress *progress, struct error *err);

#endif
