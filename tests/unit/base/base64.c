/* base64.c - tests of base/base64.h */
#include "base/base64.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "tests/unit/base/suites.h"

static const struct {
	const char *text;
	int result;
	const char *bytes;
	size_t len;
} rows[] = {
	/* RFC 4648, section 10 */
	{ "", 0, "", 0 },
	{ "Zg==", 0, "f", 1 },
	{ "Zm8=", 0, "fo", 2 },
	{ "Zm9v", 0, "foo", 3 },
	{ "Zm9vYg==", 0, "foob", 4 },
	{ "Zm9vYmE=", 0, "fooba", 5 },
	{ "Zm9vYmFy", 0, "foobar", 6 },
	{ "+/+/AAAA", 0, "\xfb\xff\xbf\0\0\0", 6 },
	{ "Zm9v\nYg\r\n==\n", 0, "foob", 4 },
	{ "Z", -EINVAL, NULL, 0 },
	{ "Zg", -EINVAL, NULL, 0 },
	{ "Zg=", -EINVAL, NULL, 0 },
	{ "Zm9vZ", -EINVAL, NULL, 0 },
	{ "Z===", -EINVAL, NULL, 0 },
	{ "====", -EINVAL, NULL, 0 },
	{ "Zg=g", -EINVAL, NULL, 0 },
	{ "=Zg=", -EINVAL, NULL, 0 },
	{ "Zg==Zm9v", -EINVAL, NULL, 0 },
	{ "Zm9v====", -EINVAL, NULL, 0 },
	{ "Zm 9v", -EINVAL, NULL, 0 },
	{ "Zm9-", -EINVAL, NULL, 0 },
	{ "Zm9\x80", -EINVAL, NULL, 0 },
};

START_TEST(decode)
{
	auto_free unsigned char *bytes = NULL;
	size_t len = 99;

	ck_assert_int_eq(base64_decode(rows[_i].text, &bytes, &len), rows[_i].result);
	if (rows[_i].result < 0) {
		ck_assert_ptr_null(bytes);
		return;
	}
	ck_assert_uint_eq(len, rows[_i].len);
	ck_assert_mem_eq(bytes, rows[_i].bytes, len + 1);
}
END_TEST

Suite *base_base64_suite(void)
{
	Suite *suite = suite_create("base/base64");
	TCase *tcase = tcase_create("base64");

	tcase_add_loop_test(tcase, decode, 0, ARRAY_SIZE(rows));
	suite_add_tcase(suite, tcase);
	return suite;
}
