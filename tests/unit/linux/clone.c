/* clone.c - a child in our memory, and a child with a copy of it */
#include <errno.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/raw_syscall.h"
#include "linux/clone.h"
#include "tests/unit/linux/suites.h"
#include "tests/unit/linux/throwaway.h"

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
		unit_skip("no memory can be shared in this build");
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
		unit_skip("no memory can be shared in this build");
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
		unit_skip("no memory can be shared in this build");
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

/* Of a thread, which must not use the C library. */
struct thread_note {
	uint32_t may_end;
	long tid, process, result;
};

static void note_and_wait(void *arg)
{
	struct thread_note *note = arg;

	note->tid = raw_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0);
	note->process = raw_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0);
	note->result = raw_syscall(SYS_close, -1, 0, 0, 0, 0, 0);
	while (!__atomic_load_n(&note->may_end, __ATOMIC_ACQUIRE))
		raw_syscall(SYS_futex, RAW(&note->may_end), FUTEX_WAIT_PRIVATE, 0, 0, 0, 0);
	raw_syscall(SYS_exit, 0, 0, 0, 0, 0, 0);
}

static void let_end(struct thread_note *note)
{
	__atomic_store_n(&note->may_end, 1, __ATOMIC_RELEASE);
	raw_syscall(SYS_futex, RAW(&note->may_end), FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
}

static bool has_two_processors(void)
{
	cpu_set_t all;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(all), &all), 0);
	return CPU_COUNT(&all) > 1;
}

START_TEST(a_thread_runs_beside_us)
{
	struct thread_note note = { 0 };
	char path[64];
	pid_t tid, began;

	if (!clone_can_share() || !has_two_processors())
		unit_skip("needs two processors, and a build without sanitizers");
	errno = ENOTEMPTY;
	ck_assert_int_eq(clone_beside(note_and_wait, &note, &tid), 0);
	began = tid;
	ck_assert_int_gt(began, 0);
	snprintf(path, sizeof(path), "/proc/self/task/%d", began);
	ck_assert_int_eq(access(path, F_OK), 0);
	let_end(&note);
	clone_join(&tid);
	ck_assert_int_eq(tid, 0);
	ck_assert_int_eq(note.tid, began);
	ck_assert_int_eq(note.process, getpid());
	ck_assert_int_eq(note.result, -EBADF);
	ck_assert_int_eq(errno, ENOTEMPTY);
	clone_join(&tid); /* there is none any more */
}
END_TEST

static int processors_of_a_thread(cpu_set_t *ret)
{
	struct thread_note note = { 0 };
	pid_t tid;

	ck_assert_int_eq(clone_beside(note_and_wait, &note, &tid), 0);
	ck_assert_int_eq(sched_getaffinity(tid, sizeof(*ret), ret), 0);
	let_end(&note);
	clone_join(&tid);
	return CPU_COUNT(ret);
}

/* Not ours, where it would wait until we sleep; none where we have no other. */
START_TEST(a_thread_has_a_processor)
{
	struct thread_note note = { 0 };
	cpu_set_t all, its, one, after;
	pid_t tid = 1;
	int n;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(all), &all), 0);
	n = CPU_COUNT(&all);
	if (!clone_can_share())
		unit_skip("no memory can be shared in this build");
	if (n > 1) {
		ck_assert_int_eq(processors_of_a_thread(&its), n - 1);
		CPU_AND(&one, &its, &all);
		ck_assert(CPU_EQUAL(&one, &its));
		ck_assert_int_eq(sched_getaffinity(0, sizeof(after), &after), 0);
		ck_assert(CPU_EQUAL(&after, &all));
	}

	CPU_ZERO(&one);
	for (int i = 0; CPU_COUNT(&one) == 0; i++)
		if (CPU_ISSET(i, &all))
			CPU_SET(i, &one);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	ck_assert_int_eq(clone_beside(note_and_wait, &note, &tid), -EAGAIN);
	ck_assert_int_eq(tid, 0);
}
END_TEST

/* Where our children would be in another pid namespace, and the first of them its init. */
START_TEST(no_thread_where_the_kernel_has_none)
{
	struct thread_note note = { 0 };
	pid_t tid = 0;

	throwaway_enter_or_skip(CLONE_NEWPID);
	if (clone_can_share() && has_two_processors())
		ck_assert_int_eq(clone_beside(note_and_wait, &note, &tid), -EINVAL);
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
	tcase_add_test(tests, a_thread_runs_beside_us);
	tcase_add_test(tests, a_thread_has_a_processor);
	tcase_add_test(tests, no_thread_where_the_kernel_has_none);
	tcase_add_test(tests, copying_child_leaves_our_memory_alone);
	tcase_add_test(tests, refusals_are_negative_errnos);
	suite_add_tcase(suite, tests);
	return suite;
}
