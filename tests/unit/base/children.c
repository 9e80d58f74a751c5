/* children.c - finding and ending what a process has started */
#include "base/children.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/base/suites.h"

static pid_t sleeper(void)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	while (pid == 0)
		pause();
	return pid;
}

static bool is_listed(const struct children *list, pid_t pid)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->pids[i] == pid)
			return true;
	return false;
}

static bool is_gone(pid_t pid)
{
	return kill(pid, 0) < 0 && errno == ESRCH;
}

START_TEST(none_at_first)
{
	struct children now = { .n = 7 };

	ck_assert(children_list(&now));
	ck_assert_uint_eq(now.n, 0);
	children_kill(&now);
}
END_TEST

START_TEST(all_but_the_spared)
{
	pid_t spared = sleeper(), other;
	struct children before, now;

	ck_assert(children_list(&before));
	ck_assert_uint_eq(before.n, 1);
	ck_assert_int_eq(before.pids[0], spared);
	other = sleeper();
	ck_assert(children_list(&now));
	ck_assert(now.n == 2 && is_listed(&now, spared) && is_listed(&now, other));
	children_kill(&before);
	ck_assert(is_gone(other));
	ck_assert(!is_gone(spared));
	kill(spared, SIGKILL);
	ck_assert_int_eq(waitpid(spared, NULL, 0), spared);
}
END_TEST

/* A grandchild with a session of its own, whose parent has gone. */
START_TEST(whoever_becomes_ours)
{
	struct children nobody = { 0 };
	pid_t grandchild, child;
	int pipe_fds[2];

	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	ck_assert_int_eq(pipe(pipe_fds), 0);
	child = fork();
	if (child == 0) {
		setsid();
		grandchild = sleeper();
		_exit(write(pipe_fds[1], &grandchild, sizeof(grandchild)) < 0);
	}
	ck_assert_int_eq(read(pipe_fds[0], &grandchild, sizeof(grandchild)), sizeof(grandchild));
	children_kill(&nobody);
	ck_assert(is_gone(child));
	ck_assert(is_gone(grandchild));
}
END_TEST

/* The list has room for 64; they go in turns. */
START_TEST(more_than_there_is_room_for)
{
	struct children nobody = { 0 }, now;

	for (int i = 0; i < CHILDREN_MAX + 6; i++)
		sleeper();
	ck_assert(children_list(&now));
	ck_assert_uint_ge(now.n, 1);
	ck_assert_uint_le(now.n, CHILDREN_MAX);
	children_kill(&nobody);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

Suite *base_children_suite(void)
{
	Suite *suite = suite_create("base/children");
	TCase *tcase = tcase_create("children");

	tcase_add_test(tcase, none_at_first);
	tcase_add_test(tcase, all_but_the_spared);
	tcase_add_test(tcase, whoever_becomes_ours);
	tcase_add_test(tcase, more_than_there_is_room_for);
	suite_add_tcase(suite, tcase);
	return suite;
}
