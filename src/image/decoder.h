/* decoder.h - streaming decompression: gzip (any number of members), zstd (frames), none */
#ifndef IMAGE_DECODER_H
#define IMAGE_DECODER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum compression {
	COMPRESSION_NONE,
	COMPRESSION_GZIP,
	COMPRESSION_ZSTD,
};

/* Bytes to be taken from, or free to be filled, at `at`; a step moves at forward. */
struct span {
	unsigned char *at;
	size_t len;
};

struct decoder {
	const struct decoder_kind *kind;
	void *state;
	bool complete; /* all that was put in so far ends where a stream may end */
};

#define auto_decoder __attribute__((cleanup(decoder_release))) struct decoder

int decoder_init(struct decoder *decoder, enum compression compression, struct error *err);

/* Turns bytes of in into bytes of out, until one of them is used up.  -EBADMSG (class image) when
 * the data is not what it should be.  A zstd window is at most 32 MiB. */
int decoder_step(struct decoder *decoder, struct span *in, struct span *out, struct error *err);

/* -EBADMSG unless the input, which has ended, was whole. */
int decoder_finish(const struct decoder *decoder, struct error *err);
void decoder_release(struct decoder *decoder);

#endif
