/* unpack_fetch.h - a bundle of an image that is not in the store yet: unpacked while it comes */
#ifndef CLI_UNPACK_FETCH_H
#define CLI_UNPACK_FETCH_H

#include "cli/unpack_options.h"
#include "image/store.h"

/* Pulls the image into the store; each layer is decompressed and written as its bytes arrive.  The
 * bundle appears only when the image is whole in the store. */
int unpack_fetch(const char *image, const struct unpack_options *options, const struct store *store,
		 struct unpack_request *request, struct progress *ret, struct error *err);

#endif
