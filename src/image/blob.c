/* blob.c - see blob.h */
#include "image/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "image/growing.h"

int blob_init(struct blob *blob, const struct blob_source *source, struct error *err)
{
	blob->source = source;
	blob->in = (struct span){ blob->in_buffer, 0 };
	if ((source->digest.algorithm && !source->growing &&
	     hash_init(&blob->hash, &source->digest, err) < 0) ||
	    decoder_init(&blob->decoder, source->compression, err) < 0)
		return -err->code;
	if (!source->growing)
		posix_fadvise(source->fd, source->offset, source->size, POSIX_FADV_SEQUENTIAL);
	return 0;
}

static int end(struct blob *blob, struct error *err)
{
	if (blob->seen != blob->source->size)
		return fail_as(err, ERROR_IMAGE, EBADMSG,
			       "the blob has %" PRId64 " bytes, its descriptor says %" PRId64,
			       blob->seen, blob->source->size);
	if (blob->hash.context && hash_verify(&blob->hash, "blob", err) < 0)
		return -err->code;
	blob->ended = true;
	return 0;
}

static ssize_t read_next(const struct blob *blob, unsigned char *buf, struct error *err)
{
	const struct blob_source *source = blob->source;
	size_t len = BLOB_IN_SIZE;
	ssize_t n;

	if (source->growing)
		return growing_read(source->growing, blob->seen, buf, len, err);
	/* In an archive more follows behind the blob. */
	if (source->offset && source->size - blob->seen < (int64_t) len)
		len = (size_t) (source->size - blob->seen);
	do
		n = pread(source->fd, buf, len, source->offset + blob->seen);
	while (n < 0 && errno == EINTR);
	return n < 0 ? fail_errno(err, "read the blob") : n;
}

/* Reads the blob's next part into blob->in, or finds its end. */
static int fill(struct blob *blob, struct error *err)
{
	ssize_t n = read_next(blob, blob->in_buffer, err);

	if (n < 0)
		return -err->code;
	if (n == 0)
		return end(blob, err);
	blob->seen += n;
	blob->in = (struct span){ blob->in_buffer, (size_t) n };
	if (blob->hash.context)
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
