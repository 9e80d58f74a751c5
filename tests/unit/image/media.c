/* media.c - tests of image/media.h */
#include "image/media.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "tests/unit/image/suites.h"

#define OCI "application/vnd.oci.image.layer."
#define DOCKER "application/vnd.docker.image.rootfs."

static const struct {
	const char *type;
	int compression; /* -1: refused */
} types[] = {
	{ OCI "v1.tar", COMPRESSION_NONE },
	{ OCI "v1.tar+gzip", COMPRESSION_GZIP },
	{ OCI "v1.tar+zstd", COMPRESSION_ZSTD },
	{ OCI "nondistributable.v1.tar+gzip", COMPRESSION_GZIP },
	{ DOCKER "diff.tar.gzip", COMPRESSION_GZIP },
	{ DOCKER "foreign.diff.tar.gzip", COMPRESSION_GZIP },
	{ OCI "v1.tar+gzip+encrypted", -1 },
	{ OCI "v1.tar+xz", -1 },
	{ OCI "v1.tar ", -1 },
	{ "application/vnd.oci.image.manifest.v1+json", -1 },
	{ "", -1 },
};

START_TEST(type)
{
	enum compression compression = COMPRESSION_NONE;
	struct error err;
	int r = layer_compression(types[_i].type, &compression, &err);

	ck_assert_int_eq(r, types[_i].compression < 0 ? -ENOTSUP : 0);
	if (r == 0)
		ck_assert_int_eq((int) compression, types[_i].compression);
}
END_TEST

static const struct {
	const char *bytes;
	enum compression compression;
	int result;
} magics[] = {
	{ "\x1f\x8b\x08", COMPRESSION_GZIP, 0 },
	{ "\x1f\x8b\x08", COMPRESSION_NONE, -EBADMSG },
	{ "\x1f\x8b\x08", COMPRESSION_ZSTD, -EBADMSG },
	{ "\x28\xb5\x2f\xfd", COMPRESSION_ZSTD, 0 },
	{ "\x28\xb5\x2f\xfd", COMPRESSION_GZIP, -EBADMSG },
	{ "\x28\xb5\x2f", COMPRESSION_NONE, 0 },
	{ "", COMPRESSION_GZIP, 0 },
	{ "etc/", COMPRESSION_NONE, 0 },
};

START_TEST(magic)
{
	auto_fd fd = memfd_create("magic", MFD_CLOEXEC);
	struct error err;

	ck_assert_int_ge(write(fd, magics[_i].bytes, strlen(magics[_i].bytes)), 0);
	ck_assert_int_eq(layer_check_magic(fd, magics[_i].compression, "type", &err),
			 magics[_i].result);
}
END_TEST

Suite *image_media_suite(void)
{
	Suite *suite = suite_create("image/media");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, type, 0, ARRAY_SIZE(types));
	tcase_add_loop_test(cases, magic, 0, ARRAY_SIZE(magics));
	suite_add_tcase(suite, cases);
	return suite;
}
