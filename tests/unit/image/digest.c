/* digest.c - tests of image/digest.h */
#include "image/digest.h"

#include <errno.h>

#include "base/text.h"
#include "tests/unit/image/suites.h"

#define HEX32 "0123456789abcdef0123456789abcdef"
#define HEX64 HEX32 HEX32

static const struct {
	const char *text;
	const char *path; /* NULL: refused */
} rows[] = {
	{ "sha256:" HEX64, "blobs/sha256/" HEX64 },
	{ "sha512:" HEX64 HEX64, "blobs/sha512/" HEX64 HEX64 },
	{ "", NULL },
	{ "sha256", NULL },
	{ "sha256:", NULL },
	{ ":" HEX64, NULL },
	{ HEX64, NULL },
	{ "sha256:" HEX32, NULL },
	{ "sha256:" HEX64 "0", NULL },
	{ "sha512:" HEX64, NULL },
	{ "sha256:" HEX64 HEX64, NULL },
	{ "sha384:" HEX64 HEX32, NULL },
	{ "md5:" HEX32, NULL },
	{ "SHA256:" HEX64, NULL },
	{ "sha256:0123456789ABCDEF0123456789abcdef" HEX32, NULL },
	{ "sha256:0123456789abcdeg0123456789abcdef" HEX32, NULL },
	{ "sha256/" HEX64, NULL },
	{ " sha256:" HEX64, NULL },
	{ "sha256:" HEX64 "\n", NULL },
	/* CVE-2024-3727: a digest that is a path */
	{ "sha256:../../../../../../../../../../../etc/passwd", NULL },
	{ "sha256:/etc/passwd", NULL },
	{ "../../etc:" HEX64, NULL },
};

START_TEST(parse)
{
	char path[DIGEST_PATH_MAX];
	struct digest digest;
	struct error err = { 0 };
	int r = digest_parse(rows[_i].text, &digest, &err);

	ck_assert_int_eq(r, rows[_i].path ? 0 : -EINVAL);
	if (r < 0) {
		ck_assert_int_eq(err.class, ERROR_IMAGE);
		return;
	}
	digest_path(&digest, path);
	ck_assert_str_eq(path, rows[_i].path);
}
END_TEST

/* The examples of FIPS 180-2. */
static const struct {
	const char *digest;
	const char *data;
} hashes[] = {
	{ "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "abc" },
	{ "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	  "abc" },
	{ "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "" },
};

START_TEST(hash)
{
	struct digest digest;
	struct error err = { 0 };

	ck_assert_int_eq(digest_parse(hashes[_i].digest, &digest, &err), 0);
	for (int is_changed = 0; is_changed < 2; is_changed++) {
		auto_hash hash_ = { 0 };

		ck_assert_int_eq(hash_init(&hash_, &digest, &err), 0);
		for (const char *p = hashes[_i].data; *p; p++)
			hash_update(&hash_, p, 1);
		if (is_changed)
			hash_update(&hash_, "x", 1);
		ck_assert_int_eq(hash_verify(&hash_, "blob", &err), is_changed ? -EBADMSG : 0);
	}
	ck_assert_ptr_nonnull(strstr(err.text, digest.hex));
}
END_TEST

Suite *image_digest_suite(void)
{
	Suite *suite = suite_create("image/digest");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, parse, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(cases, hash, 0, ARRAY_SIZE(hashes));
	suite_add_tcase(suite, cases);
	return suite;
}
