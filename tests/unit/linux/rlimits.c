/* rlimits.c - resource limits by name */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/text.h"
#include "linux/rlimits.h"
#include "tests/unit/linux/suites.h"

static const struct {
	struct oci_rlimit limits[2];
	const char *text; /* NULL: good */
} lists[] = {
	{ { { "RLIMIT_NOFILE", 10, 20 }, { "RLIMIT_CORE", 0, UINT64_MAX } }, NULL },
	{ { { "RLIMIT_AS", 1, 1 }, { "RLIMIT_FILES", 1, 1 } },
	  "process.rlimits[1].type: unknown limit 'RLIMIT_FILES'" },
	{ { { "NOFILE", 1, 1 }, { "RLIMIT_AS", 1, 1 } },
	  "process.rlimits[0].type: unknown limit 'NOFILE'" },
	{ { { "RLIMIT_AS", 1, 1 }, { "RLIMIT_AS", 1, 1 } },
	  "process.rlimits[1].type: 'RLIMIT_AS' is there twice" },
	{ { { "RLIMIT_CPU", 3, 2 }, { "RLIMIT_AS", 1, 1 } },
	  "process.rlimits[0].soft: RLIMIT_CPU: soft limit 3 is above hard limit 2" },
};

START_TEST(lists_are_checked)
{
	struct error err = { 0 };
	int r = rlimits_check(lists[_i].limits, 2, &err);

	if (lists[_i].text) {
		ck_assert_int_eq(r, -EINVAL);
		ck_assert_str_eq(err.text, lists[_i].text);
	} else {
		ck_assert_msg(r == 0, "%s", err.text);
	}
}
END_TEST

START_TEST(limits_are_set)
{
	const struct oci_rlimit limits[] = { { "RLIMIT_NOFILE", 100, 200 },
					     { "RLIMIT_CORE", 0, 0 } };
	struct rlimit limit;
	struct error err;

	ck_assert_msg(rlimits_apply(limits, 2, &err) == 0, "%s", err.text);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_uint_eq(limit.rlim_cur, 100);
	ck_assert_uint_eq(limit.rlim_max, 200);
	ck_assert_int_eq(getrlimit(RLIMIT_CORE, &limit), 0);
	ck_assert_uint_eq(limit.rlim_max, 0);
	/* once more, with no privilege left */
	if (geteuid() == 0)
		ck_assert_int_eq(setresuid(1234, 1234, 1234), 0);
	ck_assert_msg(rlimits_apply(limits, 2, &err) == 0, "%s", err.text);
}
END_TEST

START_TEST(raising_needs_a_capability)
{
	const struct oci_rlimit low = { "RLIMIT_NOFILE", 100, 200 };
	const struct oci_rlimit high = { "RLIMIT_NOFILE", 100, 300 };
	struct error err;

	ck_assert_int_eq(rlimits_apply(&low, 1, &err), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(setresuid(1234, 1234, 1234), 0);
	ck_assert_int_eq(rlimits_apply(&high, 1, &err), -EPERM);
	ck_assert_str_eq(err.text, "raise the hard limit RLIMIT_NOFILE from 200 to 300, which "
				   "needs CAP_SYS_RESOURCE: Operation not permitted");
}
END_TEST

START_TEST(nr_open_is_named)
{
	const struct oci_rlimit endless = { "RLIMIT_NOFILE", 100, UINT64_MAX };
	struct error err;

	if (geteuid() == 0)
		ck_assert_int_eq(setresuid(1234, 1234, 1234), 0);
	ck_assert_int_eq(rlimits_apply(&endless, 1, &err), -EPERM);
	ck_assert_msg(strstr(err.text, "above the kernel's fs.nr_open, ") != NULL, "%s", err.text);
}
END_TEST

Suite *linux_rlimits_suite(void)
{
	Suite *suite = suite_create("linux/rlimits");
	TCase *tests = tcase_create("rlimits");

	tcase_add_loop_test(tests, lists_are_checked, 0, ARRAY_SIZE(lists));
	tcase_add_test(tests, limits_are_set);
	tcase_add_test(tests, raising_needs_a_capability);
	tcase_add_test(tests, nr_open_is_named);
	suite_add_tcase(suite, tests);
	return suite;
}
