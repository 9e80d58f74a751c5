/* decoder.c - see decoder.h */
#include "image/decoder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/text.h"

struct decoder_kind {
	const char *name;
	void *(*open)(void);
	int (*step)(struct decoder *decoder, struct span *in, struct span *out, struct error *err);
	void (*close)(void *state);
};

static void advance(struct span *span, size_t n)
{
	span->at += n;
	span->len -= n;
}

static int plain_step(struct decoder *decoder, struct span *in, struct span *out, struct error *err)
{
	size_t n = in->len < out->len ? in->len : out->len;

	(void) err;
	memcpy(out->at, in->at, n);
	advance(in, n);
	advance(out, n);
	decoder->complete = true;
	return 0;
}

#define GZIP_ONLY 16 /* zlib's way to say: gzip's header, not zlib's own */

static void *gzip_open(void)
{
	z_stream *z = xcalloc(1, sizeof(*z));

	if (inflateInit2(z, GZIP_ONLY + MAX_WBITS) == Z_OK)
		return z;
	free(z);
	return NULL;
}

static int gzip_step(struct decoder *decoder, struct span *in, struct span *out, struct error *err)
{
	z_stream *z = decoder->state;
	int r;

	/* One member has ended and more bytes follow: they must be another member. */
	if (decoder->complete)
		inflateReset(z);
	z->next_in = in->at;
	z->avail_in = (unsigned int) in->len;
	z->next_out = out->at;
	z->avail_out = (unsigned int) out->len;
	r = inflate(z, Z_NO_FLUSH);
	advance(in, in->len - z->avail_in);
	advance(out, out->len - z->avail_out);
	if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
		return fail_as(err, ERROR_IMAGE, EBADMSG, "not valid gzip data: %s",
			       z->msg ? z->msg : "damaged");
	decoder->complete = r == Z_STREAM_END;
	return 0;
}

static void gzip_close(void *state)
{
	inflateEnd(state);
	free(state);
}

static void *zstd_open(void)
{
	return ZSTD_createDStream();
}

static int zstd_step(struct decoder *decoder, struct span *in, struct span *out, struct error *err)
{
	ZSTD_inBuffer input = { in->at, in->len, 0 };
	ZSTD_outBuffer output = { out->at, out->len, 0 };
	size_t r = ZSTD_decompressStream(decoder->state, &output, &input);

	if (ZSTD_isError(r))
		return fail_as(err, ERROR_IMAGE, EBADMSG, "not valid zstd data: %s",
			       ZSTD_getErrorName(r));
	advance(in, input.pos);
	advance(out, output.pos);
	decoder->complete = r == 0;
	return 0;
}

static void zstd_close(void *state)
{
	ZSTD_freeDStream(state);
}

static const struct decoder_kind kinds[] = {
	[COMPRESSION_NONE] = { "plain", NULL, plain_step, NULL },
	[COMPRESSION_GZIP] = { "gzip", gzip_open, gzip_step, gzip_close },
	[COMPRESSION_ZSTD] = { "zstd", zstd_open, zstd_step, zstd_close },
};

int decoder_init(struct decoder *decoder, enum compression compression, struct error *err)
{
	decoder->kind = &kinds[compression];
	decoder->complete = false;
	decoder->state = NULL;
	if (!decoder->kind->open)
		return 0;
	decoder->state = decoder->kind->open();
	return decoder->state ? 0
			      : fail(err, ENOMEM, "set up %s: out of memory", decoder->kind->name);
}

int decoder_step(struct decoder *decoder, struct span *in, struct span *out, struct error *err)
{
	return decoder->kind->step(decoder, in, out, err);
}

int decoder_finish(const struct decoder *decoder, struct error *err)
{
	if (decoder->complete)
		return 0;
	return fail_as(err, ERROR_IMAGE, EBADMSG, "the %s data ends too early",
		       decoder->kind->name);
}

void decoder_release(struct decoder *decoder)
{
	if (decoder->state)
		decoder->kind->close(decoder->state);
	*decoder = (struct decoder){ 0 };
}
