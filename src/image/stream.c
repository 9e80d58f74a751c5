/* stream.c - see stream.h */
#include "image/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"

#define IN_SIZE ((size_t) 128 << 10)
#define OUT_SIZE ((size_t) 256 << 10)

struct stream {
	const struct stream_source *source;
	struct hash blob_hash;
	struct hash diff_hash;
	struct decoder decoder;
	struct span in; /* compressed bytes that wait in in_buffer */
	int64_t blob_seen;
	bool blob_ended; /* and was what it should be */
	bool ended;
	uint64_t position;
	unsigned char in_buffer[IN_SIZE];
	unsigned char out_buffer[OUT_SIZE];
};

int stream_new(const struct stream_source *source, struct stream **ret, struct error *err)
{
	auto_stream *stream = xcalloc(1, sizeof(*stream));

	stream->source = source;
	stream->in.at = stream->in_buffer;
	if (hash_init(&stream->blob_hash, &source->digest, err) < 0 ||
	    hash_init(&stream->diff_hash, &source->diff_id, err) < 0 ||
	    decoder_init(&stream->decoder, source->compression, err) < 0)
		return -err->code;
	posix_fadvise(source->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	*ret = stream;
	stream = NULL;
	return 0;
}

static int end_blob(struct stream *stream, struct error *err)
{
	if (stream->blob_seen != stream->source->size)
		return fail_as(err, ERROR_IMAGE, EBADMSG,
			       "the blob has %" PRId64 " bytes, its descriptor says %" PRId64,
			       stream->blob_seen, stream->source->size);
	if (hash_verify(&stream->blob_hash, "blob", err) < 0)
		return -err->code;
	stream->blob_ended = true;
	return 0;
}

/* Reads the next part of the blob into stream->in, or finds its end. */
static int fill(struct stream *stream, struct error *err)
{
	ssize_t n;

	do
		n = read(stream->source->fd, stream->in_buffer, IN_SIZE);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail_errno(err, "read the blob");
	if (n == 0)
		return end_blob(stream, err);
	stream->blob_seen += n;
	stream->in = (struct span){ stream->in_buffer, (size_t) n };
	hash_update(&stream->blob_hash, stream->in_buffer, (size_t) n);
	return 0;
}

/* The data could not be decompressed.  When that is because the blob is not the one that was asked
 * for, say so instead. */
static int blame(struct stream *stream, struct error *err)
{
	struct error blob_error;

	while (!stream->blob_ended)
		if (fill(stream, &blob_error) < 0) {
			*err = blob_error;
			break;
		}
	return -err->code;
}

/* Decompresses until out is full or the blob has ended. */
static int decode(struct stream *stream, struct span *out, struct error *err)
{
	while (out->len > 0) {
		size_t room = out->len;

		if (stream->in.len == 0 && !stream->blob_ended && fill(stream, err) < 0)
			return -err->code;
		if (stream->in.len == 0 && stream->blob_ended && stream->decoder.complete)
			return 0;
		if (decoder_step(&stream->decoder, &stream->in, out, err) < 0)
			return blame(stream, err);
		if (stream->in.len == 0 && stream->blob_ended && out->len == room)
			return decoder_finish(&stream->decoder, err);
	}
	return 0;
}

ssize_t stream_read(struct stream *stream, const void **ret_data, struct error *err)
{
	struct span out = { stream->out_buffer, OUT_SIZE };
	size_t len;

	if (stream->ended)
		return 0;
	if (decode(stream, &out, err) < 0)
		return -err->code;
	len = OUT_SIZE - out.len;
	if (len == 0) {
		if (hash_verify(&stream->diff_hash, "uncompressed layer (its diff_id)", err) < 0)
			return -err->code;
		stream->ended = true;
		return 0;
	}
	hash_update(&stream->diff_hash, stream->out_buffer, len);
	stream->position += len;
	if (stream->position > STREAM_BYTES_MAX)
		return fail_as(err, ERROR_IMAGE, EFBIG,
			       "the uncompressed layer has more than %ju bytes",
			       (uintmax_t) STREAM_BYTES_MAX);
	*ret_data = stream->out_buffer;
	return (ssize_t) len;
}

uint64_t stream_position(const struct stream *stream)
{
	return stream->position;
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	hash_release(&stream->blob_hash);
	hash_release(&stream->diff_hash);
	decoder_release(&stream->decoder);
	free(stream);
}
