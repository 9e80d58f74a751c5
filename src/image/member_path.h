/* member_path.h - the name of a layer's entry, made safe to resolve below the root */
#ifndef IMAGE_MEMBER_PATH_H
#define IMAGE_MEMBER_PATH_H

#include <limits.h>

#include "base/error.h"

/* Directories may be nested this deep, so that a walk over the tree has bounded depth too. */
#define DEPTH_MAX 256

/* Relative, without empty and "." components. */
struct member_path {
	char parent[PATH_MAX];	 /* "" is the root */
	char name[NAME_MAX + 1]; /* "" when the entry is the root itself */
};

/* A leading '/' means the root of the image.  -EINVAL (class image) for a ".." component, which no
 * layer needs; -ENAMETOOLONG for what no file system could hold. */
int member_path_parse(const char *text, struct member_path *ret, struct error *err);

#endif
