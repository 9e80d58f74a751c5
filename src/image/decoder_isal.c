/* decoder_isal.c - gzip by ISA-L's igzip, which inflates at two to three times zlib's speed */
#include <isa-l/igzip_lib.h>

#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "image/decoder_kind.h"

static void *gzip_open(void)
{
	struct inflate_state *state = xcalloc(1, sizeof(*state));

	isal_inflate_init(state);
	state->crc_flag = ISAL_GZIP; /* the member's header, checksum and length are its business */
	return state;
}

static const char *reason(int r)
{
	switch (r) {
	/* clang-format off */
	case ISAL_INVALID_WRAPPER: return "no gzip header";
	case ISAL_INCORRECT_CHECKSUM: return "wrong checksum";
	case ISAL_INVALID_LOOKBACK: return "a distance reaches too far back";
	case ISAL_UNSUPPORTED_METHOD: return "unknown compression method";
	default: return "damaged";
		/* clang-format on */
	}
}

static int gzip_step(struct decoder *decoder, struct span *in, struct span *out, struct error *err)
{
	struct inflate_state *state = decoder->state;
	int r;

	/* One member has ended and more bytes follow: they must be another member. */
	if (decoder->complete && in->len > 0)
		isal_inflate_reset(state);
	state->next_in = in->at;
	state->avail_in = (uint32_t) in->len;
	state->next_out = out->at;
	state->avail_out = (uint32_t) out->len;
	r = isal_inflate(state);
	span_advance(in, in->len - state->avail_in);
	span_advance(out, out->len - state->avail_out);
	if (r != ISAL_DECOMP_OK && r != ISAL_END_INPUT && r != ISAL_OUT_OVERFLOW)
		return fail_as(err, ERROR_IMAGE, EBADMSG, "not valid gzip data: %s", reason(r));
	decoder->complete = state->block_state == ISAL_BLOCK_FINISH;
	return 0;
}

static void gzip_close(void *state)
{
	free(state);
}

const struct decoder_kind decoder_gzip = { "gzip", gzip_open, gzip_step, gzip_close };
