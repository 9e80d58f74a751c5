/* property_text.c - tests of src/cgroup/property_text.c, property_annotations.c and property.c */
#include "cgroup/property_text.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cgroup/property_annotations.h"
#include "tests/unit/cgroup/suites.h"

/* clang-format off */
static const struct row {
	const char *text;
	const char *printed;	/* as property_text_print(); NULL: refused */
	const char *problem;	/* a part of it */
} rows[] = {
	{ "true",                        "P=@b true",                    NULL },
	{ " false ",                     "P=@b false",                   NULL },
	{ "5",                           "P=@i 5",                       NULL },
	{ "-5",                          "P=@i -5",                      NULL },
	{ "0x1F",                        "P=@i 31",                      NULL },
	{ "2147483647",                  "P=@i 2147483647",              NULL },
	{ "-2147483648",                 "P=@i -2147483648",             NULL },
	{ "uint64 18446744073709551615", "P=@t 18446744073709551615",    NULL },
	{ "int64 -9223372036854775808",  "P=@x -9223372036854775808",    NULL },
	{ "byte 255",                    "P=@y 255",                     NULL },
	{ "int16 -1",                    "P=@n -1",                      NULL },
	{ "uint16 1",                    "P=@q 1",                       NULL },
	{ "uint32 0x10",                 "P=@u 16",                      NULL },
	{ "boolean true",                "P=@b true",                    NULL },
	{ "1.5",                         "P=@d 1.5",                     NULL },
	{ "double 2",                    "P=@d 2",                       NULL },
	{ "1e3",                         "P=@d 1000",                    NULL },
	{ "'a b'",                       "P=@s 'a b'",                   NULL },
	{ "\"it's\"",                    "P=@s 'it\\'s'",                NULL },
	{ "'a\\'b\\\\c\\n'",             "P=@s 'a\\'b\\\\c\\n'",         NULL },
	{ "''",                          "P=@s ''",                      NULL },
	{ "objectpath '/a'",             "P=@o '/a'",                    NULL },
	{ "@t 5",                        "P=@t 5",                       NULL },
	{ "@as []",                      "P=@as []",                     NULL },
	{ "['a', 'b']",                  "P=@as ['a', 'b']",             NULL },
	{ "[ uint64 1 , 2 ]",            "P=@at [1, 2]",                 NULL },
	{ "[1]",                         "P=@ai [1]",                    NULL },
	{ "[true,false]",                "P=@ab [true, false]",          NULL },
	{ "[('/dev/sda', uint64 1), ('/dev/sdb', 2)]", "P=@a(st) [('/dev/sda', 1), ('/dev/sdb', 2)]", NULL },
	{ "@a(ss) [('a', 'b')]",         "P=@a(ss) [('a', 'b')]",        NULL },
	{ "@a(ss) []",                   "P=@a(ss) []",                  NULL },
	{ "",                            NULL, "lacks a value" },
	{ "abc",                         NULL, "malformed number" },
	{ "5x",                          NULL, "malformed number" },
	{ "uint64",                      NULL, "lacks a value" },
	{ "uint64 -1",                   NULL, "out of its type's range" },
	{ "2147483648",                  NULL, "out of its type's range" },
	{ "byte 256",                    NULL, "out of its type's range" },
	{ "uint64 18446744073709551616", NULL, "out of its type's range" },
	{ "int64 -9223372036854775809",  NULL, "out of its type's range" },
	{ "1.5.2",                       NULL, "malformed number" },
	{ "nan",                         NULL, "malformed number" },
	{ "double nan",                  NULL, "malformed number" },
	{ "5 6",                         NULL, "something behind its value" },
	{ "'a' 'b'",                     NULL, "something behind its value" },
	{ "'a",                          NULL, "a string that does not end" },
	{ "'a\\q'",                      NULL, "an escape in a string" },
	{ "'a\\",                        NULL, "an escape in a string" },
	{ "uint64 'a'",                  NULL, "a string where its type is another" },
	{ "string 5",                    NULL, "a number where its type is another" },
	{ "string true",                 NULL, "a boolean where its type is another" },
	{ "boolean 1",                   NULL, "a number where its type is another" },
	{ "[]",                          NULL, "an empty array without a type" },
	{ "['a', 1]",                    NULL, "a number where its type is another" },
	{ "['a'",                        NULL, "an array that does not end" },
	{ "['a',]",                      NULL, "lacks a value" },
	{ "[uint64 1, int32 2]",         NULL, "elements of different types" },
	{ "[('a', 'b'), ('c',)]",        NULL, "lacks a value" },
	{ "[('a', 'b'), ('c')]",         NULL, "tuples of different lengths" },
	{ "[('a'), ('b', 'c')]",         NULL, "tuples of different lengths" },
	{ "[('a'), 'b']",                NULL, "elements of different types" },
	{ "[['a']]",                     NULL, "a type that is not supported" },
	{ "@as 'a'",                     NULL, "another type than it says" },
	{ "@s ['a']",                    NULL, "another type than it says" },
	{ "@aas []",                     NULL, "a type that is not supported" },
	{ "@",                           NULL, "a type that is not supported" },
	{ "@a(",                         NULL, "a type that is not supported" },
	{ "@a(s",                        NULL, "a type that is not supported" },
	{ "@a(s)",                       NULL, "another type than it says" },
	{ "@a{sv} {}",                   NULL, "a type that is not supported" },
	{ "<5>",                         NULL, "a type that is not supported" },
	{ "{'a': 1}",                    NULL, "a type that is not supported" },
	{ "(1, 2)",                      NULL, "a type that is not supported" },
};

static const struct annotation {
	const char *name;
	const char *value;
	const char *printed;	/* NULL: refused */
	const char *problem;
} annotations[] = {
	{ "TimeoutStopUSec", "uint64 5000000",         "TimeoutStopUSec=@t 5000000", NULL },
	{ "TimeoutStopUSec", "5000000",                "TimeoutStopUSec=@t 5000000", NULL },
	{ "TimeoutStopUSec", "int32 0",                "TimeoutStopUSec=@t 0",       NULL },
	{ "TimeoutStopSec",  "3",                      "TimeoutStopUSec=@t 3000000", NULL },
	{ "TimeoutStopSec",  "0.5",                    "TimeoutStopUSec=@t 500000",  NULL },
	{ "CollectMode",     "'inactive-or-failed'",   "CollectMode=@s 'inactive-or-failed'", NULL },
	{ "After",           "['a.service', 'b.service']", "After=@as ['a.service', 'b.service']", NULL },
	{ "Delegate",        "false",                  "Delegate=@b false",          NULL },
	{ "TimeoutStopUSec", "-1",                     NULL, "is not a time" },
	{ "TimeoutStopUSec", "'5s'",                   NULL, "is not a time" },
	{ "TimeoutStopUSec", "1.5",                    NULL, "is not a time" },
	{ "TimeoutStopSec",  "-0.5",                   NULL, "is out of range" },
	{ "TimeoutStopSec",  "uint64 18446744073709551615", NULL, "is out of range" },
	{ "CollectMode",     "inactive",               NULL, "has a malformed number: 'inactive'" },
	{ "",                "5",                      NULL, "does not name a property" },
	{ "timeoutStopUSec", "5",                      NULL, "does not name a property" },
	{ "Timeout-Stop",    "5",                      NULL, "does not name a property" },
	{ "PIDs",            "[uint32 1]",             NULL, "is not an annotation's to set" },
	{ "Slice",           "'a.slice'",              NULL, "is not an annotation's to set" },
};
/* clang-format on */

/* What was printed is read as the same property. */
static void expect_same_again(const char *printed)
{
	auto_property_list list = { 0 };
	auto_free char *again = NULL;
	const char *problem = property_text_read(printed, &list);

	ck_assert_msg(problem == NULL, "%s: %s", printed, problem);
	ck_assert_uint_eq(list.n, 1);
	again = property_text_print(&list.items[0]);
	ck_assert_str_eq(again, printed);
}

START_TEST(text_is_parsed)
{
	const struct row *r = &rows[_i];
	auto_property_list list = { 0 };
	const char *problem = property_text_parse("P", r->text, &list);
	char *printed;

	if (!r->printed) {
		ck_assert_msg(problem != NULL, "%s was taken", r->text);
		ck_assert_msg(strstr(problem, r->problem) != NULL, "%s: %s", r->text, problem);
		ck_assert_uint_eq(list.n, 0);
		return;
	}
	ck_assert_msg(problem == NULL, "%s: %s", r->text, problem);
	ck_assert_uint_eq(list.n, 1);
	printed = property_text_print(&list.items[0]);
	ck_assert_str_eq(printed, r->printed);
	expect_same_again(printed);
	free(printed);
}
END_TEST

START_TEST(annotation)
{
	const struct annotation *a = &annotations[_i];
	char *name = xasprintf(ANNOTATION_PROPERTY "%s", a->name);
	struct oci_pair pairs[] = { { "other", "'" }, { name, (char *) a->value } };
	struct oci_string_map map = { ARRAY_SIZE(pairs), pairs };
	auto_property_list list = { 0 };
	struct error err = { 0 };
	int rc = properties_of_annotations(&map, &list, &err);
	char *text;

	if (a->printed) {
		ck_assert_msg(rc == 0, "%s", err.text);
		ck_assert_uint_eq(list.n, 1);
		text = property_text_print(&list.items[0]);
		ck_assert_str_eq(text, a->printed);
	} else {
		ck_assert_int_eq(rc, -EINVAL);
		text = xasprintf("annotations[\"%s\"]", name);
		ck_assert_str_eq(err.where, text);
		ck_assert_msg(strstr(err.text, a->problem) != NULL, "%s", err.text);
	}
	free(text);
	free(name);
}
END_TEST

/* The same property under both of its names. */
START_TEST(annotated_twice)
{
	struct oci_pair pairs[] = { { ANNOTATION_PROPERTY "TimeoutStopUSec", "5" },
				    { ANNOTATION_PROPERTY "TimeoutStopSec", "5" } };
	struct oci_string_map map = { ARRAY_SIZE(pairs), pairs };
	auto_property_list list = { 0 };
	struct error err = { 0 };

	ck_assert_int_eq(properties_of_annotations(&map, &list, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "TimeoutStopSec\"]: is there twice"));
}
END_TEST

/* clang-format off */
static const struct {
	const char *assignment;
	const char *problem;	/* NULL: is printed as it is read */
} assignments[] = {
	{ "MemoryZSwapMax@253=@t 5",  NULL },
	{ "P=@d 0.10000000000000001", NULL },
	{ "P=@d 1.0000000000000001e+300", NULL },
	{ "P=@s 'a=b@c'",             NULL },
	{ "P=@s '\001\303\244'",     NULL },
	{ "P",                        "has no value" },
	{ "P@5",                      "has no value" },
	{ "P@=@t 5",                  "has a malformed version" },
	{ "P@x=@t 5",                 "has a malformed version" },
	{ "P@4294967296=@t 5",        "has a malformed version" },
	{ "P=@t x",                   "has a malformed number" },
};
/* clang-format on */

START_TEST(read_again)
{
	auto_property_list list = { 0 };
	const char *problem;

	if (!assignments[_i].problem) {
		expect_same_again(assignments[_i].assignment);
		return;
	}
	problem = property_text_read(assignments[_i].assignment, &list);
	ck_assert_ptr_nonnull(problem);
	ck_assert_ptr_nonnull(strstr(problem, assignments[_i].problem));
	ck_assert_uint_eq(list.n, 0);
}
END_TEST

START_TEST(copy_values)
{
	auto_property_list list = { 0 };
	char *printed;

	ck_assert_ptr_null(property_text_parse("A", "['x', 'y']", &list));
	property_set_number(&list, "B", "t", 5);
	property_copy_values(property_find(&list, "B"), property_find(&list, "A"));
	printed = property_text_print(property_find(&list, "B"));
	ck_assert_str_eq(printed, "B=@as ['x', 'y']");
	free(printed);
	ck_assert_ptr_null(property_find(&list, "C"));
}
END_TEST

Suite *cgroup_property_text_suite(void)
{
	Suite *s = suite_create("cgroup/property_text");
	TCase *t = tcase_create("property_text");

	tcase_add_loop_test(t, text_is_parsed, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(t, annotation, 0, ARRAY_SIZE(annotations));
	tcase_add_test(t, annotated_twice);
	tcase_add_loop_test(t, read_again, 0, ARRAY_SIZE(assignments));
	tcase_add_test(t, copy_values);
	suite_add_tcase(s, t);
	return s;
}
