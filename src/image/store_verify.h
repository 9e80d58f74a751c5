/* store_verify.h - whether the blobs of an image are still what their digests say */
#ifndef IMAGE_STORE_VERIFY_H
#define IMAGE_STORE_VERIFY_H

#include <signal.h>
#include <stdint.h>

#include "base/error.h"
#include "image/layout.h"
#include "libocispec/types.h"

struct verify_result {
	uint64_t blobs; /* that were read */
	uint64_t bytes;
	uint64_t bad;	 /* blobs that are missing or not what they should be */
	uint64_t images; /* block images that were read */
	uint64_t bad_images;
	uint64_t trees; /* unpacked layers and roots that were read */
	uint64_t bad_trees;
};

struct verify_request {
	const struct layout *layout;
	const char *tag; /* as image_resolve() takes it, of every platform there is;
			  * NULL: everything that index.json leads to */
	const volatile sig_atomic_t *stop;
	/* Is told of each bad blob; *err says what is wrong with it and names it. */
	void (*tell)(void *context, const struct error *err);
	void *context;
	struct oci_strings *chains; /* the ChainIDs of the images' layers are added; may be NULL */
};

/* Adds to *ret.  Bad blobs are no error, only counted; -ENOENT when nothing has the tag. */
int store_verify(const struct verify_request *request, struct verify_result *ret,
		 struct error *err);

#endif
