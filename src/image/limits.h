/* limits.h - how much an image may ask of its unpacker, before it is taken for an attack */
#ifndef IMAGE_LIMITS_H
#define IMAGE_LIMITS_H

#include <stdint.h>

#include "image/member_path.h"

struct limits {
	uint64_t bytes;	      /* uncompressed, of all layers together */
	uint64_t file_bytes;  /* of one file, holes counted */
	uint64_t entries;     /* of all layers together */
	uint64_t ratio;	      /* uncompressed to compressed, of a layer that is large;
			       * 0: any */
	unsigned int depth;   /* of directories; at most DEPTH_MAX */
	uint64_t xattr_bytes; /* names and values of one entry's extended attributes */
};

#define LIMITS_DEFAULT                               \
	((struct limits){                            \
		.bytes = (uint64_t) 128 << 30,       \
		.file_bytes = (uint64_t) 1 << 40,    \
		.entries = (uint64_t) 4 << 20,       \
		.ratio = 200,                        \
		.depth = DEPTH_MAX,                  \
		.xattr_bytes = (uint64_t) 128 << 10, \
	})

#endif
