/* stream.h - a layer as the tar bytes that were promised: blob, digest, decompression, diff_id
 *
 *	file -> [size, digest] -> decompress -> [diff_id] -> reader
 *	|______________ one thread _________|  another       the caller's
 *
 * The threads begin when the stream is made, so that of the next layer some is decompressed while
 * the last one is still written.  Between them are buffers of fixed size (ring.h): a layer of any
 * size takes the same memory.  A small blob is not worth threads, and is decompressed as it is
 * read. */
#ifndef IMAGE_STREAM_H
#define IMAGE_STREAM_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "image/blob.h"

struct stream;

/* source must outlive the stream. */
int stream_new(const struct blob_source *source, struct stream **ret, struct error *err);

/* What the layer may hold at most: uncompressed bytes, and how many times the blob's size they may
 * be (0: any number) where they are more than STREAM_RATIO_FLOOR.  None is set at first. */
#define STREAM_RATIO_FLOOR ((uint64_t) 256 << 20)
void stream_set_limits(struct stream *stream, uint64_t bytes, uint64_t ratio);

/* The next bytes, valid until the next call.  Returns their number, or 0 when all was read and the
 * size, both digests and the compression were right; they are wrong until then as far as anybody
 * knows, so whoever stops early has verified nothing.  -EBADMSG (class image) otherwise, -EFBIG
 * when a limit is passed. */
ssize_t stream_read(struct stream *stream, const void **ret_data, struct error *err);

/* Uncompressed bytes that were read so far. */
uint64_t stream_position(const struct stream *stream);

/* Ends the threads, too. */
void stream_free(struct stream *stream);

static inline void cleanup_stream(struct stream **stream)
{
	stream_free(*stream);
}
#define auto_stream __attribute__((cleanup(cleanup_stream))) struct stream

#endif
