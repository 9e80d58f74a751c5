/* overlay_view.h - what a container would see at a path, if the layer that is being made were mounted
 * over those below it
 *
 * A link of one layer leads to a directory of another, a whiteout ends what is below it, and so does
 * an opaque directory.  The layers are asked one by one, as nothing is mounted while they are made. */
#ifndef IMAGE_OVERLAY_VIEW_H
#define IMAGE_OVERLAY_VIEW_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "image/tree.h"

struct overlay_found {
	int fd;		     /* O_PATH; -1: there is nothing */
	bool is_here;	     /* in the layer that is being made */
	struct stat st;	     /* of fd */
	char path[PATH_MAX]; /* relative, without a link on the way; of what is missing too */
};

#define OVERLAY_FOUND_NONE ((struct overlay_found){ .fd = -1 })
#define auto_overlay_found __attribute__((cleanup(overlay_found_release))) struct overlay_found

/* Finds `path`, following links inside the root, the last one only if is_followed.  Returns 0 also
 * when there is nothing, -EEXIST when a link on the way leads to nothing, -ENOTDIR when something on
 * the way is no directory, -ELOOP, -EINVAL when it lies deeper than DEPTH_MAX, or another -errno. */
int overlay_find(const struct tree *tree, const char *path, bool is_followed,
		 struct overlay_found *ret);

void overlay_found_release(struct overlay_found *found);

#endif
