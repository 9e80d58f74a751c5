/* member_path.c - tests of image/member_path.h */
#include "image/member_path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/unit/image/suites.h"

static const struct {
	const char *text;
	const char *parent; /* NULL: refused */
	const char *name;
} rows[] = {
	{ "a", "", "a" },
	{ "a/b", "a", "b" },
	{ "a/b/c", "a/b", "c" },
	{ "/a/b", "a", "b" },
	{ "./a", "", "a" },
	{ "a/", "", "a" },
	{ "//a//./b/.//", "a", "b" },
	{ "...", "", "..." },
	{ "..a/b..", "..a", "b.." },
	{ "", "", "" },
	{ "/", "", "" },
	{ ".", "", "" },
	{ "./.", "", "" },
	{ "..", NULL, NULL },
	{ "/..", NULL, NULL },
	{ "a/..", NULL, NULL },
	{ "a/../b", NULL, NULL },
	{ "../a", NULL, NULL },
	{ "a/b/..//", NULL, NULL },
};

START_TEST(parse)
{
	struct member_path path;
	struct error err = { 0 };
	int r = member_path_parse(rows[_i].text, &path, &err);

	ck_assert_int_eq(r, rows[_i].parent ? 0 : -EINVAL);
	if (r < 0)
		return;
	ck_assert_str_eq(path.parent, rows[_i].parent);
	ck_assert_str_eq(path.name, rows[_i].name);
}
END_TEST

/* n times the component, with '/' between */
static char *repeat(const char *component, size_t n)
{
	struct str text = { 0 };

	for (size_t i = 0; i < n; i++)
		str_printf(&text, "%s%s", i ? "/" : "", component);
	return text.data;
}

START_TEST(limits)
{
	char name[NAME_MAX + 2];
	struct member_path path;
	struct error err;
	char *text;

	memset(name, 'x', sizeof(name));
	name[NAME_MAX] = '\0';
	ck_assert_int_eq(member_path_parse(name, &path, &err), 0);
	text = repeat(name, 16);
	ck_assert_int_eq(member_path_parse(text, &path, &err), 0);
	ck_assert_uint_eq(strlen(path.parent), 15 * (NAME_MAX + 1) - 1);
	free(text);
	text = repeat(name, 17);
	ck_assert_int_eq(member_path_parse(text, &path, &err), -ENAMETOOLONG);
	free(text);
	name[NAME_MAX] = 'x';
	name[NAME_MAX + 1] = '\0';
	ck_assert_int_eq(member_path_parse(name, &path, &err), -ENAMETOOLONG);
	text = repeat("d", DEPTH_MAX);
	ck_assert_int_eq(member_path_parse(text, &path, &err), 0);
	free(text);
	text = repeat("d", DEPTH_MAX + 1);
	ck_assert_int_eq(member_path_parse(text, &path, &err), -ENAMETOOLONG);
	free(text);
}
END_TEST

Suite *image_member_path_suite(void)
{
	Suite *suite = suite_create("image/member_path");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, parse, 0, ARRAY_SIZE(rows));
	tcase_add_test(cases, limits);
	suite_add_tcase(suite, cases);
	return suite;
}
