/* process.c - tests of base/process.h: who is alive, and children that go with their variable */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "tests/unit/base/suites.h"

/* A child that ends with that status, or waits to be killed when it is negative. */
static struct child spawn(int status)
{
	struct child child = CHILD_NONE;

	child.pid = fork();
	ck_assert_int_ge(child.pid, 0);
	if (child.pid == 0) {
		while (status < 0)
			pause();
		_exit(status);
	}
	child.pidfd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return child;
}

static void wait_for_zombie(pid_t pid)
{
	siginfo_t info;

	ck_assert_int_eq(waitid(P_PID, (id_t) pid, &info, WEXITED | WNOWAIT), 0);
}

START_TEST(read_self)
{
	struct process_info one = { 0 }, two = { 0 };

	ck_assert_int_eq(process_read(getpid(), &one), 0);
	ck_assert_int_eq(one.state, 'R');
	ck_assert_uint_gt(one.start_time, 0);
	ck_assert_int_eq(process_read(getpid(), &two), 0);
	ck_assert_uint_eq(one.start_time, two.start_time);
	ck_assert_int_eq(process_find(getpid(), one.start_time, &two), 0);
	ck_assert_int_eq(process_find(getpid(), one.start_time + 1, &two), -ESRCH);
	ck_assert(process_is_loaded(getpid()));
}
END_TEST

/* A process chooses its name: it must not be able to pass for another state or start time. */
START_TEST(hostile_names)
{
	static const char *const names[] = { ") Z 1 2 3", "a) b (c", "))))", "(", " ", "\n", "" };
	struct process_info plain = { 0 };

	ck_assert_int_eq(process_read(getpid(), &plain), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct process_info info = { 0 };

		ck_assert_int_eq(prctl(PR_SET_NAME, names[i]), 0);
		ck_assert_int_eq(process_read(getpid(), &info), 0);
		ck_assert_int_eq(info.state, 'R');
		ck_assert_uint_eq(info.start_time, plain.start_time);
	}
}
END_TEST

/* The test runner was executed, and forks each test. */
START_TEST(who_has_executed)
{
	struct process_info info = { 0 };

	ck_assert_int_eq(process_read(getppid(), &info), 0);
	ck_assert(info.has_executed);
	ck_assert_int_eq(process_read(getpid(), &info), 0);
	ck_assert(!info.has_executed);
}
END_TEST

START_TEST(zombies_are_not_alive)
{
	struct child child = spawn(0);
	struct process_info info;
	pid_t pid = child.pid;

	wait_for_zombie(pid);
	ck_assert_int_eq(process_read(pid, &info), 0);
	ck_assert_int_eq(info.state, 'Z');
	ck_assert_int_eq(process_find(pid, info.start_time, &info), -ESRCH);
	ck_assert(!process_is_loaded(pid));
	child_release(&child);
	ck_assert_int_eq(process_read(pid, &info), -ESRCH);
	ck_assert_int_eq(process_find(pid, info.start_time, &info), -ESRCH);
	ck_assert_int_eq(process_find(0, 0, &info), -ESRCH);
	ck_assert_int_eq(process_find(-1, 0, &info), -ESRCH);
}
END_TEST

static void *wait_for_ever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/* By its state a zombie, and yet a process that runs. */
START_TEST(first_thread_has_ended)
{
	auto_child child = { .pid = fork(), .pidfd = -1 };
	struct process_info info = { 0 };

	ck_assert_int_ge(child.pid, 0);
	if (child.pid == 0) {
		pthread_t thread;

		pthread_create(&thread, NULL, wait_for_ever, NULL);
		syscall(SYS_exit, 0);
	}
	while (info.state != 'Z')
		ck_assert_int_eq(process_read(child.pid, &info), 0);
	ck_assert(info.is_alive);
	ck_assert_int_eq(process_find(child.pid, info.start_time, &info), 0);
	kill(child.pid, SIGKILL);
	wait_for_zombie(child.pid);
	ck_assert_int_eq(process_find(child.pid, info.start_time, &info), -ESRCH);
}
END_TEST

START_TEST(child_goes_with_its_variable)
{
	int pidfd;
	pid_t pid;

	{
		auto_child child = spawn(-1);

		pid = child.pid;
		pidfd = child.pidfd;
		errno = EXDEV;
	}
	ck_assert_int_eq(errno, EXDEV);
	ck_assert_int_eq(kill(pid, 0), -1);
	ck_assert_int_eq(errno, ESRCH);
	ck_assert_int_eq(fcntl(pidfd, F_GETFD), -1);
}
END_TEST

START_TEST(waited_for_child_is_not_killed)
{
	auto_child child = spawn(7);
	int status;

	ck_assert_int_eq(child_wait(&child, &status), 0);
	ck_assert_int_eq(child.pid, 0);
	ck_assert_int_eq(exit_code(status), 7);
	ck_assert_int_ne(fcntl(child.pidfd, F_GETFD), -1);
}
END_TEST

START_TEST(no_child)
{
	auto_child none = CHILD_NONE;
	struct child stranger = { .pid = 1, .pidfd = -1 };
	int status;

	child_release(&none);
	ck_assert_int_eq(child_wait(&stranger, &status), -ECHILD);
}
END_TEST

START_TEST(exit_codes)
{
	struct child child = spawn(-1);
	int status;

	kill(child.pid, SIGUSR1);
	ck_assert_int_eq(child_wait(&child, &status), 0);
	ck_assert_int_eq(exit_code(status), 128 + SIGUSR1);
	child_release(&child);
	ck_assert_int_eq(exit_code(0), 0);
	ck_assert_int_eq(exit_code(255 << 8), 255);
}
END_TEST

Suite *base_process_suite(void)
{
	Suite *suite = suite_create("base/process");
	TCase *tcase = tcase_create("process");

	tcase_add_test(tcase, read_self);
	tcase_add_test(tcase, hostile_names);
	tcase_add_test(tcase, who_has_executed);
	tcase_add_test(tcase, zombies_are_not_alive);
	tcase_add_test(tcase, first_thread_has_ended);
	tcase_add_test(tcase, child_goes_with_its_variable);
	tcase_add_test(tcase, waited_for_child_is_not_killed);
	tcase_add_test(tcase, no_child);
	tcase_add_test(tcase, exit_codes);
	suite_add_tcase(suite, tcase);
	return suite;
}
