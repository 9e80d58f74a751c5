/* uts.c - host and domain name */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/utsname.h>

#include "linux/uts.h"
#include "tests/unit/linux/suites.h"
#include "tests/unit/linux/throwaway.h"

START_TEST(names_are_set)
{
	struct utsname names;
	struct error err;

	throwaway_enter_or_skip(CLONE_NEWUTS);
	ck_assert_msg(uts_apply("host", "example.org", &err) == 0, "%s", err.text);
	ck_assert_int_eq(uname(&names), 0);
	ck_assert_str_eq(names.nodename, "host");
	ck_assert_str_eq(names.domainname, "example.org");

	ck_assert_int_eq(uts_apply(NULL, "", &err), 0);
	ck_assert_int_eq(uname(&names), 0);
	ck_assert_str_eq(names.nodename, "host");
	ck_assert_str_eq(names.domainname, "example.org");
}
END_TEST

START_TEST(name_too_long_is_refused)
{
	char name[66];
	struct error err;

	throwaway_enter_or_skip(CLONE_NEWUTS);
	memset(name, 'a', 65);
	name[65] = '\0';
	ck_assert_int_eq(uts_apply(name, NULL, &err), -EINVAL);
	ck_assert_int_eq(strncmp(err.text, "set the host name 'aaa", 22), 0);
}
END_TEST

/* The check knows the kernel's limit: what it lets through can be set. */
START_TEST(lengths)
{
	char longest[65], too_long[66];
	struct error err;

	throwaway_enter_or_skip(CLONE_NEWUTS);
	memset(longest, 'a', 64);
	memset(too_long, 'a', 65);
	longest[64] = too_long[65] = '\0';
	ck_assert_int_eq(uts_check(NULL, NULL, &err), 0);
	ck_assert_int_eq(uts_check(longest, longest, &err), 0);
	ck_assert_int_eq(uts_apply(longest, longest, &err), 0);
	ck_assert_int_eq(uts_check(too_long, NULL, &err), -EINVAL);
	ck_assert_str_eq(err.where, "hostname");
	ck_assert_int_eq(uts_check("", too_long, &err), -EINVAL);
	ck_assert_str_eq(err.where, "domainname");
}
END_TEST

Suite *linux_uts_suite(void)
{
	Suite *suite = suite_create("linux/uts");
	TCase *tests = tcase_create("uts");

	tcase_add_test(tests, names_are_set);
	tcase_add_test(tests, name_too_long_is_refused);
	tcase_add_test(tests, lengths);
	suite_add_tcase(suite, tests);
	return suite;
}
