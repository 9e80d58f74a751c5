/* encoding.c - tests of libocispec/encoding.c */
#include <stdio.h>
#include <string.h>

#include "libocispec/encoding.h"
#include "tests/unit/libocispec/suites.h"
#include "tests/unit/unit.h"

#define TEXT(s) s, sizeof(s) - 1

static const struct {
	const char *text;
	size_t len;
	const char *reason;
	size_t at;
} rows[] = {
	{ TEXT(""), NULL, 0 },
	{ TEXT("plain text, longer than two words"), NULL, 0 },
	{ TEXT("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"), NULL, 0 },
	{ TEXT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), NULL, 0 },
	{ TEXT("\xef\xbb\xbf{}"), "begins with a byte order mark; JSON has none", 0 },
	{ TEXT("x\xef\xbb\xbf"), NULL, 0 },
	{ TEXT("0123456789\x80"), "not UTF-8", 10 },
	{ TEXT("\xc1\xbf"), "not UTF-8", 0 },
	{ TEXT("\xe0\x9f\xbf"), "not UTF-8", 0 },
	{ TEXT("a\xed\xa0\x80"), "not UTF-8", 1 },
	{ TEXT("\xf0\x8f\xbf\xbf"), "not UTF-8", 0 },
	{ TEXT("\xf4\x90\x80\x80"), "not UTF-8", 0 },
	{ TEXT("\xf5\x80\x80\x80"), "not UTF-8", 0 },
	{ TEXT("\xff"), "not UTF-8", 0 },
	{ TEXT("ab\xe2\x82"), "not UTF-8", 2 },
	{ TEXT("\xe2\x82x"), "not UTF-8", 0 },
	{ TEXT("0123456789abcdef\0"), "not text: a NUL byte", 16 },
	{ TEXT("{\t\r\n }"), NULL, 0 },
	{ TEXT("0123456789\f"), "not JSON: a form feed or a vertical tab", 10 },
	{ TEXT("{\v}"), "not JSON: a form feed or a vertical tab", 1 },
	{ TEXT("\\\\u0000"), NULL, 0 },
	{ TEXT("\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\uD83D\\udea3"), NULL, 0 },
	{ TEXT("1234567\\u0000"), "a string cannot hold U+0000", 7 },
	{ TEXT("\\u000"), "a malformed escape", 0 },
	{ TEXT("\\u00g0"), "a malformed escape", 0 },
	{ TEXT("\\"), "a malformed escape", 0 },
	{ TEXT("\\a"), "a malformed escape", 0 },
	{ TEXT("\\U0041"), "a malformed escape", 0 },
	{ TEXT("\\ud83d"), "a surrogate without its pair", 0 },
	{ TEXT("\\ud83dx"), "a surrogate without its pair", 0 },
	{ TEXT("\\ud83d\\u0041"), "a surrogate without its pair", 0 },
	{ TEXT("\\ud83d\\ud83d\\udea3"), "a surrogate without its pair", 0 },
	{ TEXT("\\udea3"), "a surrogate without its pair", 0 },
	{ TEXT("\\udea3\\udea3"), "a surrogate without its pair", 0 },
};

START_TEST(text_is_checked)
{
	size_t at;
	const char *reason = oci_encoding_check(rows[_i].text, rows[_i].len, &at);

	if (rows[_i].reason == NULL) {
		ck_assert_msg(reason == NULL, "%s", reason);
		return;
	}
	ck_assert_ptr_nonnull(reason);
	ck_assert_str_eq(reason, rows[_i].reason);
	ck_assert_uint_eq(at, rows[_i].at);
}
END_TEST

/* Text is looked at a word at a time: a bad byte is found wherever in the word it stands. */
START_TEST(finds_at_any_offset)
{
	for (size_t bad = 0; bad < 40; bad++) {
		char text[40];
		size_t at;

		memset(text, 'a', sizeof(text));
		text[bad] = (char) 0xff;
		ck_assert_ptr_nonnull(oci_encoding_check(text, sizeof(text), &at));
		ck_assert_uint_eq(at, bad);
		text[bad] = '\0';
		ck_assert_ptr_nonnull(oci_encoding_check(text, sizeof(text), &at));
		ck_assert_uint_eq(at, bad);
	}
}
END_TEST

START_TEST(says_positions)
{
	static const char text[] = "ab\n\xc3\xa4x\n\n";
	static const char *const expected[] = {
		"line 1, column 1", "line 1, column 2", "line 1, column 3",
		"line 2, column 1", "line 2, column 2", "line 2, column 2",
		"line 2, column 3", "line 3, column 1", "line 4, column 1",
	};
	char position[64];

	for (size_t at = 0; at < sizeof(text); at++) {
		oci_encoding_position(text, at, position, sizeof(position));
		ck_assert_msg(strcmp(position, expected[at]) == 0, "at %zu: %s", at, position);
	}
}
END_TEST

START_TEST(quotes)
{
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{ "", "" },
		{ "123456789", "123456789" },
		{ "1234567890", "123456..." },
		{ "a\nb", "a\\x0ab" },
		{ "\x1b\x1b\x1b", "\\x1b..." },
		{ "12345\x1b", "12345\\x1b" },
		{ "123456\x1b", "123456..." },
		{ "\xc3\xa4", "\\xc3\\xa4" },
		{ "\xe2\x82\xac", "\\xe2..." },
	};
	char quoted[10];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		oci_encoding_quote(cases[i].text, strlen(cases[i].text), quoted, sizeof(quoted));
		ck_assert_str_eq(quoted, cases[i].expected);
	}
}
END_TEST

Suite *libocispec_encoding_suite(void)
{
	Suite *suite = suite_create("libocispec/encoding");
	TCase *tcase = tcase_create("encoding");

	tcase_add_loop_test(tcase, text_is_checked, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tcase, finds_at_any_offset);
	tcase_add_test(tcase, says_positions);
	tcase_add_test(tcase, quotes);
	suite_add_tcase(suite, tcase);
	return suite;
}
