/* block_image.h - what is known of a block image of the store, to find out whether it has changed
 *
 *	image			the erofs file system
 *	image.sha256		its digest when it was made, in sha256sum(1)'s form
 *	verity			its fs-verity digest, when it has one */
#ifndef IMAGE_BLOCK_IMAGE_H
#define IMAGE_BLOCK_IMAGE_H

#include <signal.h>
#include <stdint.h>

#include "base/error.h"
#include "linux/verity.h"

/* Writes image.sha256 for the image in the directory dir. */
int block_image_record(int dir, struct error *err);

/* Reads the whole image, and compares it with image.sha256: -EBADMSG (class image) when it is
 * another, -EINTR when *stop is set; *ret_bytes is what was read. */
int block_image_verify(int dir, const volatile sig_atomic_t *stop, uint64_t *ret_bytes,
		       struct error *err);

/* Gives the image fs-verity, if it has not got it, and notes the digest, which is also in ret.
 * -ENOTSUP (class usage) when the file system below cannot. */
int block_image_protect(int dir, char ret[VERITY_DIGEST_MAX], struct error *err);

/* Whether the image at `path` has this fs-verity digest: -EBADMSG (class image) when it has another,
 * or none. */
int block_image_check(const char *path, const char *digest, struct error *err);

#endif
