/* decoder_zlib.c - gzip by zlib, where ISA-L is not to be had; see decoder_isal.c */
#include <zlib.h>

#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "image/decoder_kind.h"

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
	span_advance(in, in->len - z->avail_in);
	span_advance(out, out->len - z->avail_out);
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

const struct decoder_kind decoder_gzip = { "gzip", gzip_open, gzip_step, gzip_close };
