/* decoder_zstd.c - zstd: any number of frames, skippable ones (zstd:chunked) passed over */
#include <zstd.h>

#include <errno.h>

#include "image/decoder_kind.h"

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
	span_advance(in, input.pos);
	span_advance(out, output.pos);
	decoder->complete = r == 0;
	return 0;
}

static void zstd_close(void *state)
{
	ZSTD_freeDStream(state);
}

const struct decoder_kind decoder_zstd = { "zstd", zstd_open, zstd_step, zstd_close };
