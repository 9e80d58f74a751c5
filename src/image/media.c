/* media.c - see media.h */
#include "image/media.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

static const struct layer_type {
	const char *name;
	enum compression compression;
} layer_types[] = {
	/* clang-format off */
	{ "application/vnd.oci.image.layer.v1.tar",                            COMPRESSION_NONE },
	{ "application/vnd.oci.image.layer.v1.tar+gzip",                       COMPRESSION_GZIP },
	{ "application/vnd.oci.image.layer.v1.tar+zstd",                       COMPRESSION_ZSTD },
	{ "application/vnd.oci.image.layer.nondistributable.v1.tar",           COMPRESSION_NONE },
	{ "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",      COMPRESSION_GZIP },
	{ "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",      COMPRESSION_ZSTD },
	{ "application/vnd.docker.image.rootfs.diff.tar",                      COMPRESSION_NONE },
	{ "application/vnd.docker.image.rootfs.diff.tar.gzip",                 COMPRESSION_GZIP },
	{ "application/vnd.docker.image.rootfs.diff.tar.zstd",                 COMPRESSION_ZSTD },
	{ "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",         COMPRESSION_GZIP },
	/* clang-format on */
};

static const struct magic {
	const char *name;
	enum compression compression;
	unsigned char bytes[4];
	size_t len;
} magics[] = {
	{ "gzip", COMPRESSION_GZIP, { 0x1f, 0x8b }, 2 },
	{ "zstd", COMPRESSION_ZSTD, { 0x28, 0xb5, 0x2f, 0xfd }, 4 },
};

int layer_compression(const char *media_type, enum compression *ret, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(layer_types); i++) {
		if (strcmp(media_type, layer_types[i].name) == 0) {
			*ret = layer_types[i].compression;
			return 0;
		}
	}
	return fail_as(err, ERROR_IMAGE, ENOTSUP,
		       "'%.120s' is not a layer's media type that is known", media_type);
}

int layer_check_magic(int fd, enum compression compression, const char *media_type,
		      struct error *err)
{
	unsigned char bytes[4] = { 0 };

	if (pread(fd, bytes, sizeof(bytes), 0) < 0)
		return fail_errno(err, "read the blob");
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
		if (magics[i].compression != compression &&
		    memcmp(bytes, magics[i].bytes, magics[i].len) == 0)
			return fail_as(err, ERROR_IMAGE, EBADMSG,
				       "the blob is %s data, but its media type '%s'",
				       magics[i].name, media_type);
	return 0;
}
