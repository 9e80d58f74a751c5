/* cleanup.c - tests of base/cleanup.h: what goes with its variable, and what was taken out */
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

#include "tests/unit/base/suites.h"

static int opened(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

START_TEST(descriptor_closes)
{
	int number;

	{
		auto_fd fd = opened();

		number = fd;
		errno = EXDEV;
	}
	ck_assert_int_eq(errno, EXDEV);
	ck_assert(!is_open(number));
}
END_TEST

START_TEST(taken_descriptor_stays)
{
	int number;

	{
		auto_fd fd = opened();

		number = TAKE_FD(fd);
		ck_assert_int_eq(fd, -1);
	}
	ck_assert(is_open(number));
	cleanup_fd(&number);
	ck_assert_int_eq(number, -1);
	cleanup_fd(&number);
}
END_TEST

START_TEST(errno_survives_a_failing_close)
{
	int bad = 1000000;

	errno = EXDEV;
	cleanup_fd(&bad);
	ck_assert_int_eq(errno, EXDEV);
	ck_assert_int_eq(bad, -1);
}
END_TEST

START_TEST(pointers)
{
	char *out;

	{
		auto_free char *taken = malloc(8), *freed = malloc(8);
		auto_dir *dir = opendir("/"), *none = NULL;

		ck_assert_ptr_nonnull(freed);
		ck_assert_ptr_nonnull(dir);
		ck_assert_ptr_null(none);
		out = TAKE_PTR(taken);
		ck_assert_ptr_null(taken);
	}
	out[0] = 'x';
	free(out);
}
END_TEST

Suite *base_cleanup_suite(void)
{
	Suite *suite = suite_create("base/cleanup");
	TCase *tcase = tcase_create("cleanup");

	tcase_add_test(tcase, descriptor_closes);
	tcase_add_test(tcase, taken_descriptor_stays);
	tcase_add_test(tcase, errno_survives_a_failing_close);
	tcase_add_test(tcase, pointers);
	suite_add_tcase(suite, tcase);
	return suite;
}
