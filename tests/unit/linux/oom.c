/* oom.c - the OOM score adjustment, with and without the privilege to lower it */
#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "linux/oom.h"
#include "tests/unit/linux/suites.h"
#include "tests/unit/linux/throwaway.h"

static int own_value(void)
{
	return atoi(first_line("/proc/self/oom_score_adj"));
}

/* A user, whose files in /proc are his own. */
static void drop_privileges(void)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(setresuid(1234, 1234, 1234), 0);
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1), 0);
}

START_TEST(value_is_in_the_kernels_range)
{
	struct error err;

	ck_assert_int_eq(oom_score_adj_check(-1000, &err), 0);
	ck_assert_int_eq(oom_score_adj_check(1000, &err), 0);
	ck_assert_int_eq(oom_score_adj_check(1001, &err), -ERANGE);
	ck_assert_str_eq(err.text, "process.oomScoreAdj: 1001 is not between -1000 and 1000");
}
END_TEST

START_TEST(value_is_raised_and_kept_by_anybody)
{
	struct error err;

	drop_privileges();
	ck_assert_msg(oom_score_adj_write(getpid(), 900, &err) == 0, "%s", err.text);
	ck_assert_int_eq(own_value(), 900);
	ck_assert_msg(oom_score_adj_write(getpid(), 900, &err) == 0, "%s", err.text);
}
END_TEST

/* Not writing what is there already is what lets a process keep a value it could not set. */
START_TEST(value_that_is_there_is_not_written)
{
	struct error err;

	if (geteuid() != 0)
		unit_skip("needs root");
	ck_assert_int_eq(oom_score_adj_write(getpid(), 900, &err), 0);
	ck_assert_int_eq(setresuid(1234, 1234, 1234), 0);
	/* /proc/self is root's now: writing would be refused */
	ck_assert_msg(oom_score_adj_write(getpid(), 900, &err) == 0, "%s", err.text);
	ck_assert_int_eq(oom_score_adj_write(getpid(), 901, &err), -EACCES);
}
END_TEST

START_TEST(lowering_names_the_capability)
{
	struct error err;
	int value;

	drop_privileges();
	value = own_value();
	if (value == -1000)
		unit_skip("the value cannot be lower");
	ck_assert_int_eq(oom_score_adj_write(getpid(), -1000, &err), -EACCES);
	ck_assert_str_eq(err.text, "process.oomScoreAdj: lowering it to -1000 needs "
				   "CAP_SYS_RESOURCE: Permission denied");
	ck_assert_int_eq(own_value(), value);
}
END_TEST

Suite *linux_oom_suite(void)
{
	Suite *suite = suite_create("linux/oom");
	TCase *tests = tcase_create("oom");

	tcase_add_test(tests, value_is_in_the_kernels_range);
	tcase_add_test(tests, value_is_raised_and_kept_by_anybody);
	tcase_add_test(tests, value_that_is_there_is_not_written);
	tcase_add_test(tests, lowering_names_the_capability);
	suite_add_tcase(suite, tests);
	return suite;
}
