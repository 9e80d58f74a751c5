/* text.c - tests of base/text.h: growing strings, strict numbers */
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/unit/base/suites.h"

static const struct {
	const char *text;
	uint64_t max;
	int result;
	uint64_t value;
} unsigned_rows[] = {
	{ "0", UINT64_MAX, 0, 0 },
	{ "7", 7, 0, 7 },
	{ "8", 7, -ERANGE, 0 },
	{ "10", 7, -ERANGE, 0 },
	{ "0", 0, 0, 0 },
	{ "1", 0, -ERANGE, 0 },
	{ "007", 7, 0, 7 },
	{ "4294967295", UINT32_MAX, 0, UINT32_MAX },
	{ "4294967296", UINT32_MAX, -ERANGE, 0 },
	{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
	{ "18446744073709551616", UINT64_MAX, -ERANGE, 0 },
	{ "99999999999999999999999999", UINT64_MAX, -ERANGE, 0 },
	/* CVE-2026-30892: each of these was read as a number, mostly as 0 */
	{ "", UINT64_MAX, -EINVAL, 0 },
	{ " ", UINT64_MAX, -EINVAL, 0 },
	{ " 1", UINT64_MAX, -EINVAL, 0 },
	{ "1 ", UINT64_MAX, -EINVAL, 0 },
	{ "1x", UINT64_MAX, -EINVAL, 0 },
	{ "x1", UINT64_MAX, -EINVAL, 0 },
	{ "root", UINT64_MAX, -EINVAL, 0 },
	{ "0x10", UINT64_MAX, -EINVAL, 0 },
	{ "1e3", UINT64_MAX, -EINVAL, 0 },
	{ "1.0", UINT64_MAX, -EINVAL, 0 },
	{ "+1", UINT64_MAX, -EINVAL, 0 },
	{ "-1", UINT64_MAX, -EINVAL, 0 },
	{ "-0", UINT64_MAX, -EINVAL, 0 },
	{ "1\n", UINT64_MAX, -EINVAL, 0 },
	{ "99999999999999999999999999x", UINT64_MAX, -EINVAL, 0 },
};

START_TEST(unsigned_number)
{
	uint64_t value = 12345;

	ck_assert_int_eq(parse_u64(unsigned_rows[_i].text, unsigned_rows[_i].max, &value),
			 unsigned_rows[_i].result);
	ck_assert_uint_eq(value, unsigned_rows[_i].result ? 12345 : unsigned_rows[_i].value);
}
END_TEST

static const struct {
	const char *text;
	int64_t min, max;
	int result;
	int64_t value;
} signed_rows[] = {
	{ "0", -1000, 1000, 0, 0 },
	{ "-1000", -1000, 1000, 0, -1000 },
	{ "-1001", -1000, 1000, -ERANGE, 0 },
	{ "1000", -1000, 1000, 0, 1000 },
	{ "1001", -1000, 1000, -ERANGE, 0 },
	{ "-9223372036854775808", INT64_MIN, INT64_MAX, 0, INT64_MIN },
	{ "-9223372036854775809", INT64_MIN, INT64_MAX, -ERANGE, 0 },
	{ "9223372036854775807", INT64_MIN, INT64_MAX, 0, INT64_MAX },
	{ "9223372036854775808", INT64_MIN, INT64_MAX, -ERANGE, 0 },
	{ "4", 5, 10, -ERANGE, 0 },
	{ "-4", -10, -5, -ERANGE, 0 },
	{ "-7", -10, -5, 0, -7 },
	{ "7", -10, -5, -ERANGE, 0 },
	{ "0", -10, -5, -ERANGE, 0 },
	{ "-1", 0, 10, -EINVAL, 0 },
	{ "--1", -10, 10, -EINVAL, 0 },
	{ "- 1", -10, 10, -EINVAL, 0 },
	{ "-", -10, 10, -EINVAL, 0 },
	{ "+1", -10, 10, -EINVAL, 0 },
	{ "", -10, 10, -EINVAL, 0 },
};

START_TEST(signed_number)
{
	int64_t value = 12345;

	ck_assert_int_eq(parse_i64(signed_rows[_i].text, signed_rows[_i].min, signed_rows[_i].max,
				   &value),
			 signed_rows[_i].result);
	ck_assert_int_eq(value, signed_rows[_i].result ? 12345 : signed_rows[_i].value);
}
END_TEST

static const struct {
	const char *text;
	int result;
	int64_t value;
} bytes_rows[] = {
	{ "0", 0, 0 },
	{ "-1", 0, -1 },
	{ "512", 0, 512 },
	{ "512b", 0, 512 },
	{ "512k", 0, 512 << 10 },
	{ "64M", 0, 64 << 20 },
	{ "64mb", 0, 64 << 20 },
	{ "64MiB", 0, 64 << 20 },
	{ "3G", 0, INT64_C(3) << 30 },
	{ "2t", 0, INT64_C(2) << 40 },
	{ "1PIB", 0, INT64_C(1) << 50 },
	{ "8191P", 0, INT64_C(8191) << 50 },
	{ "8192P", -ERANGE, 0 },
	{ "9223372036854775808", -ERANGE, 0 },
	{ "99999999999999999999999999999999999999999k", -ERANGE, 0 },
	{ "", -EINVAL, 0 },
	{ "k", -EINVAL, 0 },
	{ "b", -EINVAL, 0 },
	{ "ib", -EINVAL, 0 },
	{ "5ib", -EINVAL, 0 },
	{ "5i", -EINVAL, 0 },
	{ "5ki", -EINVAL, 0 },
	{ "5kk", -EINVAL, 0 },
	{ "5x", -EINVAL, 0 },
	{ "5 k", -EINVAL, 0 },
	{ "1.5g", -EINVAL, 0 },
};

START_TEST(number_of_bytes)
{
	int64_t value = 12345;

	ck_assert_int_eq(parse_bytes(bytes_rows[_i].text, INT64_MIN, INT64_MAX, &value),
			 bytes_rows[_i].result);
	ck_assert_int_eq(value, bytes_rows[_i].result ? 12345 : bytes_rows[_i].value);
}
END_TEST

START_TEST(string_grows)
{
	auto_str s = { 0 };

	ck_assert_ptr_null(s.data);
	str_append(&s, "", 0);
	ck_assert_str_eq(s.data, "");
	for (int i = 0; i < 1000; i++)
		str_printf(&s, "%d,", i % 10);
	ck_assert_uint_eq(s.len, 2000);
	ck_assert_uint_eq(strlen(s.data), 2000);
	ck_assert_str_eq(s.data + 1990, "5,6,7,8,9,");
	str_append(&s, "\0x", 2);
	ck_assert_uint_eq(s.len, 2002);
	ck_assert_int_eq(s.data[2002], '\0');
	str_release(&s);
	ck_assert_ptr_null(s.data);
	ck_assert_uint_eq(s.len, 0);
}
END_TEST

START_TEST(string_fills_its_buffer_exactly)
{
	for (size_t len = 60; len < 70; len++) {
		auto_str s = { 0 };
		char bytes[80];

		memset(bytes, 'x', sizeof(bytes));
		str_append(&s, bytes, len);
		ck_assert_uint_gt(s.size, len);
		ck_assert_uint_eq(strlen(s.data), len);
	}
}
END_TEST

START_TEST(small_questions)
{
	ck_assert(str_equal(NULL, NULL));
	ck_assert(!str_equal(NULL, ""));
	ck_assert(!str_equal("", NULL));
	ck_assert(str_equal("a", "a"));
	ck_assert(!str_equal("a", "ab"));
	ck_assert_str_eq(str_after("file:x", "file:"), "x");
	ck_assert_str_eq(str_after("file:", "file:"), "");
	ck_assert_ptr_null(str_after("file", "file:"));
	ck_assert_str_eq(str_after("x", ""), "x");
	ck_assert(str_ends_with("a.slice", ".slice") && str_ends_with("x", "") &&
		  str_ends_with("x", "x"));
	ck_assert(!str_ends_with("slice", ".slice") && !str_ends_with("a.slices", ".slice"));
}
END_TEST

START_TEST(is_text)
{
	ck_assert(str_is_text("") && str_is_text("a b~") && str_is_text("\xc3\xb6\xf0\x9f\x9b\xb6"));
	ck_assert(!str_is_text("a\x1b[2J") && !str_is_text("a\n") && !str_is_text("\x7f"));
	ck_assert(!str_is_text("r\xf6t") && !str_is_text("\xc3") && !str_is_text("\xed\xa0\x80"));
}
END_TEST

START_TEST(copies)
{
	char *a = xasprintf("%s-%d", "a", 1), *b = xstrdup(a);
	int *zeros = xcalloc(0, sizeof(int));

	ck_assert_str_eq(a, "a-1");
	ck_assert_str_eq(b, "a-1");
	ck_assert_ptr_ne(a, b);
	ck_assert_ptr_nonnull(zeros);
	free(a);
	free(b);
	free(zeros);
}
END_TEST

START_TEST(an_array_grows)
{
	int *items = NULL;

	for (int i = 0; i < 1000; i++) {
		items = xreallocarray(items, (size_t) i + 1, sizeof(*items));
		items[i] = i;
	}
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(items[i], i);
	free(items);
}
END_TEST

Suite *base_text_suite(void)
{
	Suite *suite = suite_create("base/text");
	TCase *tcase = tcase_create("text");

	tcase_add_loop_test(tcase, unsigned_number, 0, ARRAY_SIZE(unsigned_rows));
	tcase_add_loop_test(tcase, signed_number, 0, ARRAY_SIZE(signed_rows));
	tcase_add_loop_test(tcase, number_of_bytes, 0, ARRAY_SIZE(bytes_rows));
	tcase_add_test(tcase, string_grows);
	tcase_add_test(tcase, string_fills_its_buffer_exactly);
	tcase_add_test(tcase, small_questions);
	tcase_add_test(tcase, is_text);
	tcase_add_test(tcase, copies);
	tcase_add_test(tcase, an_array_grows);
	suite_add_tcase(suite, tcase);
	return suite;
}
