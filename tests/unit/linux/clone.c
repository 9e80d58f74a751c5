/* clone.c - a child in our memory, and a child with a copy of it */
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux/clone.h"
#include "tests/unit/linux/suites.h"

#define STATUS 42

/* What a child leaves for its parent to look at. */
struct note {
	int written;
	uintptr_t stack;
	pid_t pid;
	char *heap;
};

static int exit_status(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void write_note(void *arg)
{
	struct note *note = arg;
	int local;

	note->stack = (uintptr_t) &local;
	note->pid = getpid();
	note->heap = malloc(100);
	strcpy(note->heap, "child");
	note->written = 1;
	_exit(STATUS);
}

START_TEST(sharing_child_runs_in_our_memory)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	struct note note = { 0 };
	pid_t pid;

	if (!clone_can_share())
		return;
	pid = clone_sharing(&args, write_note, &note);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(exit_status(pid), STATUS);
	ck_assert_int_eq(note.written, 1);
	ck_assert_int_eq(note.pid, pid);
	ck_assert_str_eq(note.heap, "child");
	free(note.heap);
}
END_TEST

/* Not a piece of ours, which we go on using. */
START_TEST(sharing_child_has_a_stack_of_its_own)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	struct note note = { 0 };
	uintptr_t here = (uintptr_t) &args;

	if (!clone_can_share())
		return;
	exit_status(clone_sharing(&args, write_note, &note));
	ck_assert(note.stack > here + (1 << 20) || note.stack + (1 << 20) < here);
	ck_assert_uint_ge(note.stack, args.stack);
	ck_assert_uint_lt(note.stack, args.stack + args.stack_size);
	free(note.heap);
}
END_TEST

static void execute_true(void *arg)
{
	execl("/bin/true", "true", NULL);
	_exit(errno + *(int *) arg);
}

/* After its execve the child has a memory of its own, and we ours as it was. */
START_TEST(sharing_child_can_execute)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	int zero = 0;

	if (!clone_can_share())
		return;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(exit_status(clone_sharing(&args, execute_true, &zero)), 0);
}
END_TEST

START_TEST(copying_child_leaves_our_memory_alone)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	struct note note = { 0 };
	pid_t pid = clone_copying(&args);

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		write_note(&note);
	ck_assert_int_eq(exit_status(pid), STATUS);
	ck_assert_int_eq(note.written, 0);
}
END_TEST

START_TEST(refusals_are_negative_errnos)
{
	struct clone_args sharing = { .flags = CLONE_NEWNS | CLONE_FS, .exit_signal = SIGCHLD };
	struct clone_args copying = sharing;

	ck_assert_int_eq(clone_copying(&copying), -EINVAL);
	if (clone_can_share())
		ck_assert_int_eq(clone_sharing(&sharing, write_note, NULL), -EINVAL);
}
END_TEST

Suite *linux_clone_suite(void)
{
	Suite *suite = suite_create("linux/clone");
	TCase *tests = tcase_create("clone");

	tcase_add_test(tests, sharing_child_runs_in_our_memory);
	tcase_add_test(tests, sharing_child_has_a_stack_of_its_own);
	tcase_add_test(tests, sharing_child_can_execute);
	tcase_add_test(tests, copying_child_leaves_our_memory_alone);
	tcase_add_test(tests, refusals_are_negative_errnos);
	suite_add_tcase(suite, tests);
	return suite;
}
