/* whiteout.h - entries named ".wh.*", which hide what lower layers have left
 *
 * A whiteout applies to lower layers only, wherever it stands in its own (layer.md): names that the
 * layer has made stay, and so do the directories on the way to them. */
#ifndef IMAGE_WHITEOUT_H
#define IMAGE_WHITEOUT_H

#include "base/error.h"
#include "image/member_path.h"
#include "image/name_set.h"
#include "image/tree.h"

enum whiteout {
	WHITEOUT_NONE,	  /* an ordinary entry */
	WHITEOUT_NAME,	  /* ".wh.NAME" hides NAME */
	WHITEOUT_OPAQUE,  /* ".wh..wh..opq" hides all in its directory */
	WHITEOUT_IGNORED, /* ".wh..wh.*", which AUFS wrote for itself, and below */
};

/* -EINVAL (class image) for a whiteout of "", "." or "..". */
int whiteout_classify(const struct member_path *path, enum whiteout *ret, struct error *err);

/* Hides what the whiteout at `path` says.  made holds the names that its layer has made so far;
 * what it makes later replaces what it finds. */
int whiteout_apply(struct tree *tree, const struct member_path *path, enum whiteout kind,
		   const struct name_set *made, struct error *err);

/* Its part in the directory that was entered: removes what the whiteout (WHITEOUT_NAME or WHITEOUT_OPAQUE)
 * hides and the layer has not made.  Returns 0 or -errno. */
int whiteout_remove(const struct tree *tree, const struct member_path *path, enum whiteout kind,
		    const struct name_set *made);

#endif
