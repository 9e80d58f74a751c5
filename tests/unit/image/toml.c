/* toml.c - tests of image/toml.h */
#include "image/toml.h"

#include <errno.h>

#include "base/text.h"
#include "tests/unit/image/suites.h"

/* What was reported: "[path]" for an item, "path.key=value;" for a value, "+=" for an array's. */
static int take_item(void *context, const char *path, struct error *err)
{
	(void) err;
	str_printf(context, "[%s]", path);
	return 0;
}

static int take_value(void *context, const char *path, const char *key,
		      const struct toml_value *value, struct error *err)
{
	if (strcmp(key, "refuse") == 0)
		return fail(err, ERANGE, "refused");
	str_printf(context, "%s%s%s%s", path, *path ? "/" : "", key, value->is_item ? "+=" : "=");
	switch (value->kind) {
	case TOML_STRING:
		str_printf(context, "%s;", value->text);
		break;
	case TOML_BOOL:
		str_printf(context, "%s;", value->is_true ? "yes" : "no");
		break;
	default:
		str_printf(context, "?;");
	}
	return 0;
}

static int read(const char *text, struct str *ret, struct error *err)
{
	const struct toml_reader reader = { take_item, take_value, ret };

	str_append(ret, "", 0);
	return toml_read(text, strlen(text), &reader, err);
}

static const struct {
	const char *text;
	const char *expected;
} good[] = {
	{ "", "" },
	{ "\n\n# only a comment", "" },
	{ "a = \"b\"", "a=b;" },
	{ "a=\"b\"#c\r\nd=true", "a=b;d=yes;" },
	{ "a = 'b\\n'", "a=b\\n;" },
	{ "a = \"\\\"\\\\\\t\\u00e9\\U0001F600\"", "a=\"\\\t\xc3\xa9\xf0\x9f\x98\x80;" },
	{ "a = \"\"\"\nb\nc\"\"\"", "a=b\nc;" },
	{ "a = \"\"\"b\\\n   c\"\"\"", "a=bc;" },
	{ "a = '''b'c'''", "a=b'c;" },
	{ "a = \"\"\"b\"\"\"\"", "a=b\";" },
	{ "a = 1\nb = -1.5e3\nc = 1979-05-27T07:32:00Z", "a=?;b=?;c=?;" },
	{ "a = [\"b\", 'c',\n# d\n]", "a+=b;a+=c;" },
	{ "a = []", "" },
	{ "a = [[\"b\"], [\"c\"]]", "a+=b;a+=c;" },
	{ "[t]\na = true\n[t.u]\nb = false", "t/a=yes;t.u/b=no;" },
	{ "[[t]]\na = true\n[[t.u]]\nb = true\n[[t]]\na = false",
	  "[t]t/a=yes;[t.u]t.u/b=yes;[t]t/a=no;" },
	{ "[ a . \"b.c\" ]\n\"d/e\" = true", "a.b.c/d/e=yes;" },
	{ "a.b.c = true", "a.b/c=yes;" },
	{ "a = { b = true, c.d = \"e\" }", "a/b=yes;a.c/d=e;" },
	{ "a = [{ b = true }, { b = false }]", "[a]a/b=yes;[a]a/b=no;" },
	{ "a = {}", "" },
};

START_TEST(accept)
{
	auto_str seen = { 0 };
	struct error err = { 0 };

	ck_assert_int_eq(read(good[_i].text, &seen, &err), 0);
	ck_assert_str_eq(seen.data, good[_i].expected);
}
END_TEST

static const struct {
	const char *text;
	const char *message;
} bad[] = {
	{ "a", "line 1: behind a key" },
	{ "a =", "line 1: here should be a value" },
	{ "\n\na = b", "line 3: here should be a value" },
	{ "= 1", "line 1: here should be a key" },
	{ "a = \"b", "a string does not end" },
	{ "a = \"b\nc\"", "a string does not end" },
	{ "a = \"\\x\"", "'\\' is followed by something unknown" },
	{ "a = \"\\u12\"", "too few digits" },
	{ "a = \"\\u0000\"", "there is no such character" },
	{ "a = \"\\ud800\"", "there is no such character" },
	{ "a = [1", "an array does not end" },
	{ "a = [1 2]", "an array does not end" },
	{ "a = {b = 1", "a table in braces does not end" },
	{ "[a", "a table's name does not end" },
	{ "[[a]", "a table's name does not end" },
	{ "[]", "here should be a key" },
	{ "a = 1 b = 2", "there is something behind the value" },
	{ "a = truely", "there is something behind the value" },
	{ "a = 1\rb = 2", "carriage return" },
	{ "a = [[[[[[[[[[[[[[[[[[[[", "nested too deep" },
	{ "refuse = 1", "refused" },
};

START_TEST(refuse)
{
	auto_str seen = { 0 };
	struct error err = { 0 };

	ck_assert_int_lt(read(bad[_i].text, &seen, &err), 0);
	ck_assert_msg(strstr(err.text, bad[_i].message), "%s", err.text);
}
END_TEST

Suite *image_toml_suite(void)
{
	Suite *suite = suite_create("image/toml");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, accept, 0, ARRAY_SIZE(good));
	tcase_add_loop_test(cases, refuse, 0, ARRAY_SIZE(bad));
	suite_add_tcase(suite, cases);
	return suite;
}
