/* media.h - a layer's media type: which compression it promises */
#ifndef IMAGE_MEDIA_H
#define IMAGE_MEDIA_H

#include "base/error.h"
#include "image/decoder.h"

/* -ENOTSUP (class image) for what is no layer that we can unpack.  A layer that is called
 * non-distributable is like any other, if its blob is in the layout: its urls are not followed. */
int layer_compression(const char *media_type, enum compression *ret, struct error *err);

/* Looks at the blob's first bytes: -EBADMSG (class image) when they are another compression's. */
int layer_check_magic(int fd, enum compression compression, const char *media_type,
		      struct error *err);

#endif
