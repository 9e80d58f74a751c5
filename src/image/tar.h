/* tar.h - the entries of a layer's tar, one after the other, read within bounds
 *
 * libarchive reads the format (ustar, pax, GNU) from a verified stream; compression is not its
 * business, for the diff_id is of every uncompressed byte, padding behind the end included. */
#ifndef IMAGE_TAR_H
#define IMAGE_TAR_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "image/stream.h"

struct archive_entry;
struct tar;

/* Uncompressed bytes that may lie between two blocks of content; what libarchive holds of them in
 * memory is at most a small multiple. */
#define TAR_HEADERS_MAX ((uint64_t) 4 << 20)

/* stream and stop must outlive it; *stop non-zero (NULL: never) ends reading with -EINTR. */
int tar_new(struct stream *stream, const volatile sig_atomic_t *stop, struct tar **ret,
	    struct error *err);

/* The next entry, valid until the next call; content that was not read is passed over.  Returns 1,
 * or 0 when the stream was read to its end and found right, or -errno. */
int tar_next(struct tar *tar, struct archive_entry **ret, struct error *err);

/* The next block of the entry's content and where in the file it belongs (what no block covers is
 * zeros).  Returns 1, or 0 at the content's end, or -errno. */
int tar_data(struct tar *tar, const void **ret_block, size_t *ret_len, int64_t *ret_offset,
	     struct error *err);

/* Whether the last failure was of the archive or the stream, not of what one entry says. */
bool tar_is_broken(const struct tar *tar);

void tar_free(struct tar *tar);

static inline void cleanup_tar(struct tar **tar)
{
	tar_free(*tar);
}
#define auto_tar __attribute__((cleanup(cleanup_tar))) struct tar

#endif
