/* decoder_kind.h - what each format's decompressor is made of; for decoder*.c only */
#ifndef IMAGE_DECODER_KIND_H
#define IMAGE_DECODER_KIND_H

#include "image/decoder.h"

struct decoder_kind {
	const char *name;
	void *(*open)(void); /* the state; NULL: without memory */
	int (*step)(struct decoder *decoder, struct span *in, struct span *out, struct error *err);
	void (*close)(void *state);
};

extern const struct decoder_kind decoder_gzip;
extern const struct decoder_kind decoder_zstd;

static inline void span_advance(struct span *span, size_t n)
{
	span->at += n;
	span->len -= n;
}

#endif
