/* overlay_links.h - hard links from an overlay's layer to files of the layers below it
 *
 * No directory can hold a link into another one's file system of its own.  So the file is copied to
 * this layer, and both names are to be links to the copy.  The new name gets it at once.  The old
 * one, and all others that the file has below, get it when the whole layer was read: what the layer
 * says of such a name meanwhile (a whiteout, another file) is about the file below, and wins.
 *
 *	copies/DEV-INODE	a file of a lower layer, copied once whatever names link to it
 *	copies/names		the old names, a NUL behind each
 *
 * The directory is beside the layer's own, and goes when the layer is done. */
#ifndef IMAGE_OVERLAY_LINKS_H
#define IMAGE_OVERLAY_LINKS_H

#include "base/error.h"
#include "image/overlay_view.h"
#include "image/tree.h"

/* Makes dir/name a link to target, a file that was found below.  -EFBIG when that copies more, the old
 * name counted, than tree->copy_max allows; other errors as -errno, and no error is set. */
int overlay_link_below(struct tree *tree, const struct overlay_found *target, int dir,
		       const char *name);

/* Gives the old names their copies, and removes the directory. */
int overlay_links_finish(struct tree *tree, struct error *err);

#endif
