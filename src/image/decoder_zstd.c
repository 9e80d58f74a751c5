/* decoder_zstd.c - zstd: any number of frames, skippable ones (zstd:chunked) passed over */
#include <zstd.h>
#include <zstd_errors.h>

#include <errno.h>

#include "image/decoder_kind.h"

/* The window is memory that the layer asks for.  zstd's levels up to 19 want 8 MiB at most, what
 * engines write as their best 32; only --long and --ultra have more. */
#define WINDOW_LOG_MAX 25

static void *zstd_open(void)
{
	ZSTD_DStream *stream = ZSTD_createDStream();

	if (stream)
		ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	return stream;
}

static int zstd_step(struct decoder *decoder, struct span *in, struct span *out, struct error *err)
{
	ZSTD_inBuffer input = { in->at, in->len, 0 };
	ZSTD_outBuffer output = { out->at, out->len, 0 };
	size_t r = ZSTD_decompressStream(decoder->state, &output, &input);

	if (ZSTD_isError(r) && ZSTD_getErrorCode(r) == ZSTD_error_frameParameter_windowTooLarge)
		return fail_as(err, ERROR_IMAGE, EFBIG,
			       "the zstd data needs a window of more than %d MiB: it is to be "
			       "compressed again, without --long or --ultra",
			       1 << (WINDOW_LOG_MAX - 20));
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
