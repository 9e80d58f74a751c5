/* io_priority.c - I/O class and priority */
#include <errno.h>
#include <linux/ioprio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "linux/io_priority.h"
#include "tests/unit/linux/suites.h"

START_TEST(values_are_checked)
{
	struct oci_io_priority config = { .class = "IOPRIO_CLASS_BE", .priority = 7 };
	struct error err;

	ck_assert_int_eq(io_priority_check(NULL, &err), 0);
	ck_assert_int_eq(io_priority_check(&config, &err), 0);
	config.priority = 8;
	ck_assert_int_eq(io_priority_check(&config, &err), -ERANGE);
	ck_assert_str_eq(err.text, "process.ioPriority.priority: 8 is not between 0 and 7");
	config.priority = -1;
	ck_assert_int_eq(io_priority_check(&config, &err), -ERANGE);
	config.class = "BE";
	ck_assert_int_eq(io_priority_check(&config, &err), -EINVAL);
	ck_assert_str_eq(err.text, "process.ioPriority.class: unknown class 'BE'");
}
END_TEST

START_TEST(priority_is_set)
{
	struct oci_io_priority config = { .class = "IOPRIO_CLASS_BE", .priority = 6 };
	struct error err;

	ck_assert_msg(io_priority_apply(&config, &err) == 0, "%s", err.text);
	ck_assert_int_eq(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0),
			 IOPRIO_CLASS_BE << IOPRIO_CLASS_SHIFT | 6);
}
END_TEST

Suite *linux_io_priority_suite(void)
{
	Suite *suite = suite_create("linux/io_priority");
	TCase *tests = tcase_create("io_priority");

	tcase_add_test(tests, values_are_checked);
	tcase_add_test(tests, priority_is_set);
	suite_add_tcase(suite, tests);
	return suite;
}
