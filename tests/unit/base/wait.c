/* wait.c - waiting for a descriptor: data, ends, deadlines, and signals in between; locks */
#include "base/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/timestamp.h"
#include "tests/unit/base/scratch.h"
#include "tests/unit/base/suites.h"

static int ends[2];

static void setup(void)
{
	ck_assert_int_eq(pipe(ends), 0);
}

START_TEST(what_is_there_is_not_waited_for)
{
	int64_t begin = monotonic_ms();

	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	ck_assert_int_eq(wait_for(ends[0], 5000), 1);
	ck_assert_int_eq(wait_until(ends[0], begin - 1000), 1);
	ck_assert_int_lt(monotonic_ms() - begin, 4000);
}
END_TEST

START_TEST(an_end_is_something)
{
	close(ends[1]);
	ck_assert_int_eq(wait_for(ends[0], 5000), 1);
}
END_TEST

START_TEST(the_end_of_a_process)
{
	pid_t pid = fork();
	int pidfd;

	if (pid == 0)
		_exit(0);
	pidfd = (int) syscall(SYS_pidfd_open, pid, 0);
	ck_assert_int_ge(pidfd, 0);
	ck_assert_int_eq(wait_for(pidfd, 5000), 1);
	waitpid(pid, NULL, 0);
	close(pidfd);
}
END_TEST

START_TEST(nothing_until_the_deadline)
{
	int64_t begin = monotonic_ms();

	ck_assert_int_eq(wait_for(ends[0], 50), 0);
	ck_assert_int_ge(monotonic_ms() - begin, 50);
	ck_assert_int_eq(wait_until(ends[0], begin), 0);
}
END_TEST

static void do_nothing(int number)
{
	(void) number;
}

/* neither shortens it nor begins it anew */
START_TEST(signals_change_nothing)
{
	const struct itimerval often = { { .tv_usec = 20000 }, { .tv_usec = 20000 } },
			       never = { 0 };
	struct sigaction action = { .sa_handler = do_nothing };
	int64_t begin = monotonic_ms(), took;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	ck_assert_int_eq(wait_for(ends[0], 200), 0);
	took = monotonic_ms() - begin;
	setitimer(ITIMER_REAL, &never, NULL);
	ck_assert_int_ge(took, 200);
	ck_assert_int_lt(took, 2000);
}
END_TEST

static int open_lock(void)
{
	int fd = open("lock", O_RDONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	return fd;
}

START_TEST(a_lock_that_nobody_has)
{
	int fd = open_lock(), other = open_lock();

	ck_assert_int_eq(wait_for_lock(fd, 0), 0);
	ck_assert_int_lt(flock(other, LOCK_EX | LOCK_NB), 0);
	close(fd);
	close(other);
}
END_TEST

START_TEST(a_lock_that_stays)
{
	int fd = open_lock(), other = open_lock();
	int64_t begin = monotonic_ms();

	ck_assert_int_eq(flock(other, LOCK_EX), 0);
	ck_assert_int_eq(wait_for_lock(fd, 50), -EWOULDBLOCK);
	ck_assert_int_ge(monotonic_ms() - begin, 50);
	close(fd);
	close(other);
}
END_TEST

START_TEST(a_lock_that_goes)
{
	int fd = open_lock();
	pid_t pid = fork();
	char byte;

	if (pid == 0) {
		if (flock(open_lock(), LOCK_EX) < 0 || write(ends[1], "x", 1) != 1)
			_exit(1);
		usleep(100 * 1000);
		_exit(0);
	}
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	ck_assert_int_eq(wait_for_lock(fd, 60000), 0);
	waitpid(pid, NULL, 0);
	close(fd);
}
END_TEST

START_TEST(what_cannot_be_locked)
{
	ck_assert_int_eq(wait_for_lock(-1, 5000), -EBADF);
}
END_TEST

Suite *base_wait_suite(void)
{
	Suite *suite = suite_create("base/wait");
	TCase *tcase = tcase_create("wait");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, what_is_there_is_not_waited_for);
	tcase_add_test(tcase, an_end_is_something);
	tcase_add_test(tcase, the_end_of_a_process);
	tcase_add_test(tcase, nothing_until_the_deadline);
	tcase_add_test(tcase, signals_change_nothing);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("lock");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_checked_fixture(tcase, scratch_enter, scratch_leave);
	tcase_add_test(tcase, a_lock_that_nobody_has);
	tcase_add_test(tcase, a_lock_that_stays);
	tcase_add_test(tcase, a_lock_that_goes);
	tcase_add_test(tcase, what_cannot_be_locked);
	suite_add_tcase(suite, tcase);
	return suite;
}
