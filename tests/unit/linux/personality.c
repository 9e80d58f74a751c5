/* personality.c - the execution domain */
#include <errno.h>
#include <sys/personality.h>

#include "linux/personality.h"
#include "tests/unit/linux/suites.h"

START_TEST(domains_are_checked)
{
	char *flags[] = { "ADDR_NO_RANDOMIZE", NULL };
	struct oci_personality good = { .domain = "LINUX32" };
	struct oci_personality unknown = { .domain = "SOLARIS" };
	struct oci_personality with_flag = { .domain = "LINUX", .flags = { 1, flags } };
	struct error err;

	ck_assert_int_eq(personality_check(NULL, &err), 0);
	ck_assert_int_eq(personality_check(&good, &err), 0);
	ck_assert_int_eq(personality_check(&unknown, &err), -EINVAL);
	ck_assert_str_eq(err.text, "linux.personality.domain: unknown domain 'SOLARIS'");
	ck_assert_int_eq(personality_check(&with_flag, &err), -EINVAL);
	ck_assert_str_eq(err.where, "linux.personality.flags[0]");
}
END_TEST

START_TEST(domain_is_set)
{
	struct oci_personality linux32 = { .domain = "LINUX32" }, plain = { .domain = "LINUX" };
	struct error err;

	ck_assert_int_eq(personality_apply(&linux32, &err), 0);
	ck_assert_int_eq(personality(0xffffffff), PER_LINUX32);
	ck_assert_int_eq(personality_apply(NULL, &err), 0);
	ck_assert_int_eq(personality(0xffffffff), PER_LINUX32);
	ck_assert_int_eq(personality_apply(&plain, &err), 0);
	ck_assert_int_eq(personality(0xffffffff), PER_LINUX);
}
END_TEST

Suite *linux_personality_suite(void)
{
	Suite *suite = suite_create("linux/personality");
	TCase *tests = tcase_create("personality");

	tcase_add_test(tests, domains_are_checked);
	tcase_add_test(tests, domain_is_set);
	suite_add_tcase(suite, tests);
	return suite;
}
