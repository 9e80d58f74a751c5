/* raw_syscall.c - tests of src/base/raw_syscall.h */
#include "base/raw_syscall.h"

#include <fcntl.h>
#include <sys/mman.h>

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
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	unsigned char head[4], *mapped;
	long page = sysconf(_SC_PAGESIZE);

	ck_assert_int_ge(fd, 0);
	mapped = (unsigned char *) raw_syscall(SYS_mmap, 0, page, PROT_READ, MAP_PRIVATE, fd, page);
	ck_assert_int_eq(pread(fd, head, sizeof(head), page), sizeof(head));
	ck_assert_mem_eq(mapped, head, sizeof(head));
	munmap(mapped, (size_t) page);
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
