/* entry.h - one entry of a layer becomes a file: made, filled, given its attributes */
#ifndef IMAGE_ENTRY_H
#define IMAGE_ENTRY_H

#include "base/error.h"
#include "image/attributes.h"
#include "image/member_path.h"
#include "image/tar.h"
#include "image/tree.h"

/* Makes `path` of the entry that tar_next() has just given.  A directory over a directory gets the
 * entry's attributes; in all other cases what was there is removed first (layer.md).  Devices that
 * the caller may not make are counted in losses and left out: then it returns 1.  On return the tree is
 * in path->parent, or in no directory when the entry is the root itself. */
int entry_make(struct tree *tree, const struct member_path *path, struct tar *tar,
	       struct archive_entry *entry, struct losses *losses, struct error *err);

#endif
