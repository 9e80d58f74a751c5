/* skip.c - tests of libocispec/skip.c */
#include <stdlib.h>
#include <string.h>

#include "libocispec/skip.h"
#include "tests/unit/libocispec/suites.h"
#include "tests/unit/unit.h"

static const struct {
	const char *text;
	size_t len; /* of the object */
} rows[] = {
	{ "{}", 2 },
	{ "{}}", 2 },
	{ "{} {}", 2 },
	{ "{\"a\":{}},\"b\":{}}", 8 },
	{ "{\"a\":[{},[{}]]}]}", 15 },
	{ "{\"a\":\"}\"}}", 9 },
	{ "{\"{\":\"[\"}", 9 },
	{ "{\"a\\\"}\":1}", 10 },
	{ "{\"a\\\\\":1}}", 9 },
	{ "{\"a\\\\\\\"}\":1}", 12 },
	{ "{\n\t\"a\" : [ 1 , 2 ]\r\n}\n", 21 },
	{ "", 0 },
	{ " {}", 0 },
	{ "[]", 0 },
	{ "\"{}\"", 0 },
	{ "null", 0 },
	{ "{", 0 },
	{ "{\"a\":{}", 0 },
	{ "{\"a}", 0 },
	{ "{\"a\\", 0 },
	{ "{\"a\\\"}", 0 },
};

/* In memory of its own length, so that a sanitizer sees what is read behind it. */
static char *exactly(const char *text, size_t len)
{
	char *copy = malloc(len + !len);

	memcpy(copy, text, len);
	return copy;
}

START_TEST(ends_where_it_ends)
{
	size_t len = strlen(rows[_i].text);
	char *text = exactly(rows[_i].text, len);

	ck_assert_uint_eq(oci_skip_object(text, len), rows[_i].len);
	free(text);
	for (size_t cut = 0; cut < rows[_i].len; cut++) {
		text = exactly(rows[_i].text, cut);
		ck_assert_uint_eq(oci_skip_object(text, cut), 0);
		free(text);
	}
}
END_TEST

static const struct {
	const char *text, *object;
} behind[] = {
	{ ":{}", "{}" },   { " \t\r\n: \t\r\n{\"a\":1},", "{\"a\":1}" },
	{ ":null", NULL }, { ":\"{}\"", NULL },
	{ ":[{}]", NULL }, { ":{", NULL },
	{ ":", NULL },	   { ",{}", NULL },
	{ "{}", NULL },	   { "::{}", NULL },
	{ " ", NULL },	   { "", NULL },
};

START_TEST(stands_behind_its_name)
{
	size_t len = strlen(behind[_i].text);
	char *text = exactly(behind[_i].text, len);
	struct oci_text object = oci_object_behind(text, len);

	if (behind[_i].object == NULL) {
		ck_assert_ptr_null(object.text);
	} else {
		ck_assert_uint_eq(object.len, strlen(behind[_i].object));
		ck_assert_int_eq(memcmp(object.text, behind[_i].object, object.len), 0);
	}
	free(text);
}
END_TEST

Suite *libocispec_skip_suite(void)
{
	Suite *suite = suite_create("libocispec/skip");
	TCase *tcase = tcase_create("skip");

	tcase_add_loop_test(tcase, ends_where_it_ends, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_loop_test(tcase, stands_behind_its_name, 0, sizeof(behind) / sizeof(behind[0]));
	suite_add_tcase(suite, tcase);
	return suite;
}
