/* raw_syscall.c - tests of src/base/raw_syscall.h */
#include "base/raw_syscall.h"

#include <fcntl.h>

#include "tests/unit/base/suites.h"

START_TEST(returns_what_the_kernel_does)
{
	ck_assert_int_eq(raw_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0), getpid());
}
END_TEST

START_TEST(failure_leaves_errno_alone)
{
	errno = 77;
	ck_assert_int_eq(raw_syscall(SYS_close, -1, 0, 0, 0, 0, 0), -EBADF);
	ck_assert_int_eq(errno, 77);
}
END_TEST

START_TEST(all_six_arguments_arrive)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), ends[2];
	unsigned char there[4], here[4];
	loff_t from = 24;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(raw_syscall(SYS_splice, fd, RAW(&from), ends[1], 0, sizeof(here), ~0U),
			 -EINVAL);
	ck_assert_int_eq(raw_syscall(SYS_splice, fd, RAW(&from), ends[1], 0, sizeof(here),
				     SPLICE_F_NONBLOCK),
			 sizeof(here));
	ck_assert_int_eq(read(ends[0], here, sizeof(here)), sizeof(here));
	ck_assert_int_eq(pread(fd, there, sizeof(there), 24), sizeof(there));
	ck_assert_mem_eq(here, there, sizeof(here));
	close(ends[0]);
	close(ends[1]);
	close(fd);
}
END_TEST

Suite *base_raw_syscall_suite(void)
{
	Suite *suite = suite_create("base/raw_syscall");
	TCase *tests = tcase_create("raw_syscall");

	tcase_add_test(tests, returns_what_the_kernel_does);
	tcase_add_test(tests, failure_leaves_errno_alone);
	tcase_add_test(tests, all_six_arguments_arrive);
	suite_add_tcase(suite, tests);
	return suite;
}
