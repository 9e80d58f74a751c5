/* name_set.c - tests of image/name_set.h */
#include "image/name_set.h"

#include <stdio.h>

#include "tests/unit/image/suites.h"

START_TEST(nothing_is_in_an_empty_set)
{
	auto_name_set set;

	name_set_init(&set);
	ck_assert(!name_set_has(&set, 1, "a"));
	ck_assert(!name_set_has(&set, 0, ""));
}
END_TEST

START_TEST(name_and_directory_count)
{
	auto_name_set set;
	struct error err;

	name_set_init(&set);
	ck_assert_int_eq(name_set_add(&set, 1, "a", &err), 0);
	ck_assert_int_eq(name_set_add(&set, 1, "a", &err), 0);
	ck_assert_uint_eq(set.n, 1);
	ck_assert(name_set_has(&set, 1, "a"));
	ck_assert(!name_set_has(&set, 2, "a"));
	ck_assert(!name_set_has(&set, 1, "b"));
	ck_assert(!name_set_has(&set, 1, ""));
	ck_assert(!name_set_has(&set, 1, "aa"));
}
END_TEST

/* libcheck writes a line for every ck_assert(): far too many here. */
START_TEST(many)
{
	auto_name_set set;
	struct error err;
	char name[32];

	name_set_init(&set);
	for (unsigned int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "a-rather-long-name-%u", i);
		if (name_set_add(&set, i % 7, name, &err) < 0)
			ck_abort_msg("%s: %s", name, err.text);
	}
	ck_assert_uint_eq(set.n, 100000);
	ck_assert_uint_le(set.size * sizeof(*set.slots), 2 << 20);
	for (unsigned int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "a-rather-long-name-%u", i);
		if (!name_set_has(&set, i % 7, name) || name_set_has(&set, 7 + i % 7, name))
			ck_abort_msg("%s", name);
	}
}
END_TEST

Suite *image_name_set_suite(void)
{
	Suite *suite = suite_create("image/name_set");
	TCase *cases = tcase_create("all");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, nothing_is_in_an_empty_set);
	tcase_add_test(cases, name_and_directory_count);
	tcase_add_test(cases, many);
	suite_add_tcase(suite, cases);
	return suite;
}
