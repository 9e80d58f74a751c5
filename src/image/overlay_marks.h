/* overlay_marks.h - what a layer hides, in overlayfs's own signs, when it has a directory to itself
 *
 * A name that is hidden is a character device 0:0; a directory of which lower layers' content is
 * hidden bears the attribute trusted.overlay.opaque, or user.overlay.opaque where the kernel lets
 * us mount with "userxattr" only (in a user namespace). */
#ifndef IMAGE_OVERLAY_MARKS_H
#define IMAGE_OVERLAY_MARKS_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/error.h"
#include "image/member_path.h"
#include "image/name_set.h"
#include "image/tree.h"
#include "image/whiteout.h"

/* Whether this process is in a user namespace that is not the first. */
bool overlay_uses_userxattr(void);

bool overlay_is_whiteout(const struct stat *st);

/* Marks the directory (any descriptor of it) opaque.  Returns 0 or -errno. */
int overlay_make_opaque(int fd);
bool overlay_is_opaque(int fd);

/* Hides what lower layers have by the name in the directory that was entered; of a directory that the layer
 * itself has there, their content.  Returns 0 or -errno. */
int overlay_hide_name(const struct tree *tree, const char *name);

/* whiteout_apply()'s counterpart: hides from lower layers what the whiteout at `path` says. */
int overlay_hide(struct tree *tree, const struct member_path *path, enum whiteout kind,
		 const struct name_set *made, struct error *err);

#endif
