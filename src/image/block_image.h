/* block_image.h - what is known of a block image of the store, to find out whether it has changed
 *
 *	image			the erofs file system
 *	image.sha256		its digest when it was made, in sha256sum(1)'s form
 *	verity			its fs-verity digest, when it has one and was found to be as image.sha256
 *				says after it had got it */
#ifndef IMAGE_BLOCK_IMAGE_H
#define IMAGE_BLOCK_IMAGE_H

#include <signal.h>
#include <stdint.h>

#include "base/error.h"
#include "linux/verity.h"

/* The image in the directory dir was made now: on disk, read-only, and with image.sha256 when this
 * returns.  ret_verity, unless NULL: with fs-verity, whose digest it becomes (VERITY_DIGEST_MAX);
 * -ENOTSUP (class usage) when the file system below cannot. */
int block_image_seal(int dir, char *ret_verity, struct error *err);

/* Reads the whole image, and compares it with image.sha256: -EBADMSG (class image) when it is
 * another, -EINTR when *stop is set; *ret_bytes is what was read. */
int block_image_verify(int dir, const volatile sig_atomic_t *stop, uint64_t *ret_bytes,
		       struct error *err);

/* Gives an image that has been there for a while fs-verity, if it has not got it; the digest is in
 * ret.  It was compared with image.sha256 then, or is now: -EBADMSG (class image) when it has changed
 * since it was made.  -ENOTSUP as above, -EINTR.  One process at a time may do so. */
int block_image_protect(int dir, const volatile sig_atomic_t *stop, char ret[VERITY_DIGEST_MAX],
			struct error *err);

/* Opens the image at `path`.  digest, unless NULL: it must have this fs-verity digest, else -EBADMSG
 * (class image). */
int block_image_open(const char *path, const char *digest, int *ret_fd, struct error *err);

#endif
