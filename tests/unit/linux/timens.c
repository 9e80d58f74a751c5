/* timens.c - clock offsets reach a time namespace before its first process */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "linux/timens.h"
#include "tests/unit/linux/suites.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

START_TEST(clocks_have_a_name_and_nanoseconds_below_a_second)
{
	struct oci_time_offset good = { .nanosecs = { true, 999999999 } };
	struct oci_time_offset bad = { .nanosecs = { true, 1000000000 } };
	char *boottime = "boottime", *monotonic = "monotonic", *realtime = "realtime";
	struct error err;

	ck_assert_int_eq(timens_check(&(struct oci_time_offsets){ 0 }, &err), 0);
	ck_assert_int_eq(timens_check(&(struct oci_time_offsets){ 1, &good, &boottime }, &err), 0);
	ck_assert_int_eq(timens_check(&(struct oci_time_offsets){ 1, &bad, &monotonic }, &err),
			 -EINVAL);
	ck_assert_str_eq(err.where, "linux.timeOffsets.monotonic.nanosecs");
	ck_assert_int_eq(timens_check(&(struct oci_time_offsets){ 1, &good, &realtime }, &err),
			 -EINVAL);
	ck_assert_str_eq(err.where, "linux.timeOffsets");
}
END_TEST

/* Unshares, waits for the parent, and says in its exit status whether a child of its own sees a
 * clock that is a day ahead. */
static int see_clock(int ready, int go)
{
	struct timespec before, now;
	int status;
	char byte = 0;
	pid_t pid;

	clock_gettime(CLOCK_BOOTTIME, &before);
	if (unshare(CLONE_NEWTIME) < 0)
		return errno;
	if (write(ready, &byte, 1) != 1 || read(go, &byte, 1) != 1)
		return EIO;
	pid = fork();
	if (pid == 0) {
		clock_gettime(CLOCK_BOOTTIME, &now);
		_exit(now.tv_sec - before.tv_sec >= 86400 ? 0 : ERANGE);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static int try_offset(int64_t seconds, struct error *err)
{
	struct oci_time_offset days[] = { { .secs = { true, seconds } },
					  { .secs = { true, seconds } } };
	char *clocks[] = { "boottime", "monotonic" };
	struct oci_time_offsets offsets = { 2, days, clocks };
	int ready[2], go[2], status, r;
	char byte = 0;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	ck_assert_int_eq(pipe(go), 0);
	pid = fork();
	if (pid == 0)
		_exit(see_clock(ready[1], go[0]));
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	r = timens_write(pid, &offsets, err);
	if (r < 0)
		kill(pid, SIGKILL);
	else
		ck_assert_int_eq(write(go[1], &byte, 1), 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (r == 0)
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
	return r;
}

START_TEST(first_child_sees_the_offset)
{
	struct error err;

	if (geteuid() != 0)
		unit_skip("needs root");
	ck_assert_msg(try_offset(86400, &err) == 0, "%s", err.text);
	ck_assert_int_eq(try_offset(-1000000000, &err), -ERANGE);
	ck_assert_str_eq(err.text, "linux.timeOffsets: a clock would be below zero, or beyond "
				   "146 years");
	ck_assert_int_eq(timens_write(getpid(), &(struct oci_time_offsets){ 0 }, &err), 0);
}
END_TEST

Suite *linux_timens_suite(void)
{
	Suite *suite = suite_create("linux/timens");
	TCase *tests = tcase_create("timens");

	tcase_add_test(tests, clocks_have_a_name_and_nanoseconds_below_a_second);
	tcase_add_test(tests, first_child_sees_the_offset);
	suite_add_tcase(suite, tests);
	return suite;
}
