/* settings.c - tests of image/settings.h: sizes; what options make of a configuration is tested with
 * the whole program */
#include "image/settings.h"

#include <errno.h>

#include "base/text.h"
#include "tests/unit/image/suites.h"

static const struct {
	const char *text;
	int result;
	uint64_t bytes;
} rows[] = {
	/* clang-format off */
	{ "0", 0, 0 },
	{ "4096", 0, 4096 },
	{ "1k", 0, 1024 },
	{ "64K", 0, 65536 },
	{ "512M", 0, 512 << 20 },
	{ "1.5GiB", 0, (uint64_t) 3 << 29 },
	{ "2GB", 0, (uint64_t) 2 << 30 },
	{ "1T", 0, (uint64_t) 1 << 40 },
	{ "7b", 0, 7 },
	{ "", -EINVAL, 0 },
	{ "M", -EINVAL, 0 },
	{ "-1", -EINVAL, 0 },
	{ " 1", -EINVAL, 0 },
	{ "1e3", -EINVAL, 0 },
	{ "0x10", -EINVAL, 0 },
	{ "inf", -EINVAL, 0 },
	{ "nan", -EINVAL, 0 },
	{ "1X", -EINVAL, 0 },
	{ "1Mx", -EINVAL, 0 },
	{ "1 ", -EINVAL, 0 },
	{ "1 M", -EINVAL, 0 },
	{ "99999999999999999999", -ERANGE, 0 },
	{ "9000000T", -ERANGE, 0 },
	/* clang-format on */
};

START_TEST(sizes)
{
	uint64_t bytes = 0;
	int r = settings_size(rows[_i].text, &bytes);

	ck_assert_msg(r == rows[_i].result, "'%s': %d", rows[_i].text, r);
	ck_assert_uint_eq(bytes, rows[_i].bytes);
}
END_TEST

Suite *image_settings_suite(void)
{
	Suite *suite = suite_create("image/settings");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, sizes, 0, ARRAY_SIZE(rows));
	suite_add_tcase(suite, cases);
	return suite;
}
