/* stream.h - a layer as the tar bytes that were promised: blob, digest, decompression, diff_id
 *
 *	file -> [size, digest] -> decompress -> [diff_id] -> reader
 *
 * Buffers are of fixed size, so a layer of any size takes the same memory. */
#ifndef IMAGE_STREAM_H
#define IMAGE_STREAM_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "image/decoder.h"
#include "image/digest.h"

/* More uncompressed bytes in one layer are taken for an attack. */
#define STREAM_BYTES_MAX ((uint64_t) 1 << 40)

struct stream_source {
	int fd;				/* the blob, at its beginning; stays the caller's */
	int64_t size;
	struct digest digest;		/* of the blob */
	struct digest diff_id;		/* of what it decompresses to */
	enum compression compression;
};

struct stream;

/* source must outlive the stream. */
int stream_new(const struct stream_source *source, struct stream **ret, struct error *err);

/* The next bytes, valid until the next call.  Returns their number, or 0 when all was read and the
 * size, both digests and the compression were right; they are wrong until then as far as anybody
 * knows, so whoever stops early has verified nothing.  -EBADMSG (class image) otherwise. */
ssize_t stream_read(struct stream *stream, const void **ret_data, struct error *err);

/* Uncompressed bytes that were read so far. */
uint64_t stream_position(const struct stream *stream);

void stream_free(struct stream *stream);

static inline void cleanup_stream(struct stream **stream)
{
	stream_free(*stream);
}
#define auto_stream __attribute__((cleanup(cleanup_stream))) struct stream

#endif
