/* blob.c - see blob.h */
#include "image/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

int blob_init(struct blob *blob, const struct blob_source *source, struct error *err)
{
	blob->source = source;
	blob->in = (struct span){ blob->in_buffer, 0 };
	if (hash_init(&blob->hash, &source->digest, err) < 0 ||
	    decoder_init(&blob->decoder, source->compression, err) < 0)
		return -err->code;
	posix_fadvise(source->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return 0;
}

static int end(struct blob *blob, struct error *err)
{
	if (blob->seen != blob->source->size)
		return fail_as(err, ERROR_IMAGE, EBADMSG,
			       "the blob has %" PRId64 " bytes, its descriptor says %" PRId64,
			       blob->seen, blob->source->size);
	if (hash_verify(&blob->hash, "blob", err) < 0)
		return -err->code;
	blob->ended = true;
	return 0;
}

/* Reads the blob's next part into blob->in, or finds its end. */
static int fill(struct blob *blob, struct error *err)
{
	ssize_t n;

	do
		n = read(blob->source->fd, blob->in_buffer, BLOB_IN_SIZE);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail_errno(err, "read the blob");
	if (n == 0)
		return end(blob, err);
	blob->seen += n;
	blob->in = (struct span){ blob->in_buffer, (size_t) n };
	hash_update(&blob->hash, blob->in_buffer, (size_t) n);
	return 0;
}

/* The data could not be decompressed.  When that is because the blob is not the one that was asked
 * for, say so instead. */
static int blame(struct blob *blob, struct error *err)
{
	struct error blob_error;

	while (!blob->ended)
		if (fill(blob, &blob_error) < 0) {
			*err = blob_error;
			break;
		}
	return -err->code;
}

int blob_decode(struct blob *blob, struct span *out, struct error *err)
{
	while (out->len > 0) {
		size_t room = out->len;

		if (blob->in.len == 0 && !blob->ended && fill(blob, err) < 0)
			return -err->code;
		if (blob->in.len == 0 && blob->ended && blob->decoder.complete)
			return 0;
		if (decoder_step(&blob->decoder, &blob->in, out, err) < 0)
			return blame(blob, err);
		if (blob->in.len == 0 && blob->ended && out->len == room)
			return decoder_finish(&blob->decoder, err);
	}
	return 0;
}

void blob_release(struct blob *blob)
{
	hash_release(&blob->hash);
	decoder_release(&blob->decoder);
}
