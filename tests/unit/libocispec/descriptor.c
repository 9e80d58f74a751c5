/* descriptor.c - tests of libocispec/descriptor.c */
#include <string.h>

#include "libocispec/descriptor.h"
#include "tests/unit/libocispec/suites.h"
#include "tests/unit/unit.h"

static const struct {
	const char *value;
	bool ok;
} digests[] = {
	{ "sha256:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b", true },
	{ "sha512:0", true },
	{ "multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8", true },
	{ "sha256+b64u.x_y-z:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564=", true },
	{ "", false },
	{ ":", false },
	{ "sha256", false },
	{ "sha256:", false },
	{ ":abc", false },
	{ "Sha256:abc", false },
	{ "sha256+:abc", false },
	{ "+sha256:abc", false },
	{ "sha256++b64:abc", false },
	{ "sha256:a:b", false },
	{ "sha256:a/b", false },
	{ "sha256:..", false },
	{ "sha256:abc\n", false },
	{ "sha 256:abc", false },
};

#define C63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

static const struct {
	const char *value;
	bool ok;
} media_types[] = {
	{ "application/vnd.oci.image.layer.v1.tar+gzip", true },
	{ "a/b", true },
	{ "0!#$&^_.+-/9!#$&^_.+-", true },
	{ "x" C63 C63 "/x" C63 C63, true },
	{ "xx" C63 C63 "/x", false },
	{ "x/xx" C63 C63, false },
	{ "", false },
	{ "/", false },
	{ "a", false },
	{ "a/", false },
	{ "/b", false },
	{ "a/b/c", false },
	{ "-a/b", false },
	{ "a/+b", false },
	{ "a/b; charset=utf-8", false },
};

START_TEST(knows_digests)
{
	ck_assert_msg(oci_is_digest(digests[_i].value) == digests[_i].ok, "'%s'",
		      digests[_i].value);
}
END_TEST

START_TEST(knows_media_types)
{
	ck_assert_msg(oci_is_media_type(media_types[_i].value) == media_types[_i].ok, "'%s'",
		      media_types[_i].value);
}
END_TEST

Suite *libocispec_descriptor_suite(void)
{
	Suite *suite = suite_create("libocispec/descriptor");
	TCase *tcase = tcase_create("descriptor");

	tcase_add_loop_test(tcase, knows_digests, 0, sizeof(digests) / sizeof(digests[0]));
	tcase_add_loop_test(tcase, knows_media_types, 0,
			    sizeof(media_types) / sizeof(media_types[0]));
	suite_add_tcase(suite, tcase);
	return suite;
}
