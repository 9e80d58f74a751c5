/* blob.h - a blob read once: its size and digest compared while it is decompressed
 *
 *	file -> [size, digest] -> decompress */
#ifndef IMAGE_BLOB_H
#define IMAGE_BLOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "image/decoder.h"
#include "image/digest.h"

#define BLOB_IN_SIZE ((size_t) 128 << 10)

struct growing;

/* A blob and what is promised of it. */
struct blob_source {
	int fd;			 /* stays the caller's */
	int64_t offset;		 /* where in the file the blob begins */
	struct growing *growing; /* instead of fd: a file that is still being fetched, and
				  * whose digest its writer compares; NULL: none */
	int64_t size;
	struct digest digest;  /* of the blob; { 0 }: not known */
	struct digest diff_id; /* of what it decompresses to */
	enum compression compression;
};

struct blob {
	const struct blob_source *source;
	struct hash hash;
	struct decoder decoder;
	struct span in; /* compressed bytes that wait in in_buffer */
	int64_t seen;
	bool ended; /* and was what it should be */
	unsigned char in_buffer[BLOB_IN_SIZE];
};

/* source must outlive the blob. */
int blob_init(struct blob *blob, const struct blob_source *source, struct error *err);

/* Fills *out, or less when the blob has ended and size, digest and compression were right; -EBADMSG
 * (class image) when they were not.  Where data cannot be decompressed because the blob is not the
 * one that was asked for, the error says the latter. */
int blob_decode(struct blob *blob, struct span *out, struct error *err);

void blob_release(struct blob *blob);

#endif
