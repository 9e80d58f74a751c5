/* decoder.c - see decoder.h */
#include "image/decoder.h"

#include <errno.h>
#include <string.h>

#include "image/decoder_kind.h"

static int plain_step(struct decoder *decoder, struct span *in, struct span *out, struct error *err)
{
	size_t n = in->len < out->len ? in->len : out->len;

	(void) err;
	memcpy(out->at, in->at, n);
	span_advance(in, n);
	span_advance(out, n);
	decoder->complete = true;
	return 0;
}

static const struct decoder_kind decoder_plain = { "plain", NULL, plain_step, NULL };

static const struct decoder_kind *const kinds[] = {
	[COMPRESSION_NONE] = &decoder_plain,
	[COMPRESSION_GZIP] = &decoder_gzip,
	[COMPRESSION_ZSTD] = &decoder_zstd,
};

int decoder_init(struct decoder *decoder, enum compression compression, struct error *err)
{
	decoder->kind = kinds[compression];
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
