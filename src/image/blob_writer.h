/* blob_writer.h - a blob on its way into the store: hashed while written, continued, published
 *
 * What was written is kept in partial/ALGORITHM-HEX when the writer ends before the blob is whole;
 * the next writer of the same digest reads it again, for the hash, and goes on behind it.  Only
 * what has the right size and digest gets its name in blobs/. */
#ifndef IMAGE_BLOB_WRITER_H
#define IMAGE_BLOB_WRITER_H

#include <stdint.h>

#include "base/error.h"
#include "image/digest.h"
#include "image/growing.h"
#include "image/store.h"

struct blob_writer {
	const struct store *store;
	const struct digest *digest; /* the caller's; must outlive the writer */
	struct growing *growing;     /* told of what is there; NULL: nobody reads along */
	int64_t size;
	int64_t position; /* bytes that are there, from the beginning, and were hashed */
	int64_t flushed;  /* of which the kernel was asked to write these to disk */
	struct hash hash;
	int dir; /* partial/ */
	int fd;	 /* -1: not open */
	char name[DIGEST_PATH_MAX];
};

#define BLOB_WRITER_NONE ((struct blob_writer){ .dir = -1, .fd = -1 })
#define auto_blob_writer __attribute__((cleanup(blob_writer_release))) struct blob_writer

/* Opens or makes the partial file and hashes what is in it.  Returns 0, or 1 when the blob is in
 * the store by now, or -EBUSY (an error is set) when another process is writing it: try again
 * later. */
int blob_writer_open(const struct store *store, const struct digest *digest, int64_t size,
		     struct growing *growing, struct blob_writer *ret, struct error *err);

/* Puts bytes behind those that are there; -EFBIG (class image) when they are too many. */
int blob_writer_write(struct blob_writer *writer, const void *data, size_t len, struct error *err);

/* -EBADMSG (class image) when the bytes, which must be `size`, have another digest; then the
 * partial file is emptied, for nothing in it can be believed.  To be called once. */
int blob_writer_verify(struct blob_writer *writer, struct error *err);

/* Syncs the verified file and gives it its name. */
int blob_writer_publish(struct blob_writer *writer, struct error *err);

/* Throws away what is there and begins again. */
int blob_writer_restart(struct blob_writer *writer, struct error *err);

/* Closes the file; what is in it is kept, unless nothing is. */
void blob_writer_release(struct blob_writer *writer);

#endif
