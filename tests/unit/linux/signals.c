/* signals.c - signals by name and number; the state that a program expects */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "linux/signals.h"
#include "tests/unit/linux/suites.h"

START_TEST(names_and_numbers_are_read)
{
	const struct {
		const char *text;
		int signal; /* -1: none */
	} rows[] = {
		/* clang-format off */
		{ "TERM", SIGTERM }, { "SIGTERM", SIGTERM }, { "sigterm", SIGTERM },
		{ "kill", SIGKILL }, { "15", 15 }, { "9", SIGKILL }, { "0", 0 }, { "64", 64 },
		{ "WINCH", SIGWINCH }, { "IO", SIGIO }, { "SIGPOLL", SIGIO },
		{ "CLD", SIGCHLD }, { "IOT", SIGABRT },
		{ "RTMIN", 34 }, { "RTMIN+3", 37 },
		{ "SIGRTMAX-1", 63 }, { "sigrtmax", 64 },
		{ "65", -1 }, { "-1", -1 }, { "", -1 }, { "SIG", -1 }, { "SIGSIGTERM", -1 },
		{ "TERM ", -1 }, { "1x", -1 }, { "SIG9", -1 },
		{ "RTMIN+", -1 }, { "RTMIN-1", -1 }, { "RTMAX+1", -1 }, { "RTMIN+31", -1 },
		{ "RTMINUS", -1 },
		/* clang-format on */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int signal = -1;
		int r = signal_parse(rows[i].text, &signal);

		ck_assert_msg(r == (rows[i].signal < 0 ? -EINVAL : 0), "'%s': %d", rows[i].text, r);
		ck_assert_msg(signal == rows[i].signal, "'%s': %d", rows[i].text, signal);
	}
}
END_TEST

START_TEST(everything_is_default_again)
{
	struct sigaction action;
	sigset_t set;

	signal(SIGHUP, SIG_IGN);
	signal(SIGSYS, SIG_IGN);
	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	signals_reset();
	ck_assert_int_eq(sigaction(SIGHUP, NULL, &action), 0);
	ck_assert(action.sa_handler == SIG_DFL);
	ck_assert_int_eq(sigaction(SIGSYS, NULL, &action), 0);
	ck_assert(action.sa_handler == SIG_DFL);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, NULL, &set), 0);
	ck_assert(sigisemptyset(&set));
}
END_TEST

/* The kernel's struct sigaction; its first word is the handler where ours run. */
static uintptr_t handler_of(int signal)
{
	uintptr_t action[8] = { 0 };

	ck_assert_int_eq(syscall(SYS_rt_sigaction, signal, NULL, action, 8), 0);
	return action[0];
}

START_TEST(only_those_that_are_asked_for_are_default_again)
{
	struct sigaction action;

	signals_default(UINT64_MAX);
	ck_assert_uint_eq(signals_ignored(), 0);
	signal(SIGHUP, SIG_IGN);
	signal(SIGSYS, SIG_IGN);
	errno = ENOTEMPTY;
	/* clang-format off */
	ck_assert_uint_eq(signals_ignored(), UINT64_C(1) << (SIGHUP - 1) | UINT64_C(1) << (SIGSYS - 1));
	/* clang-format on */
	signals_default(UINT64_C(1) << (SIGHUP - 1));
	ck_assert_int_eq(errno, ENOTEMPTY);
	ck_assert_int_eq(sigaction(SIGHUP, NULL, &action), 0);
	ck_assert(action.sa_handler == SIG_DFL);
	ck_assert_int_eq(sigaction(SIGSYS, NULL, &action), 0);
	ck_assert(action.sa_handler == SIG_IGN);
}
END_TEST

/* The list of groups stands before the ignored signals in /proc/self/status: at some length the one
 * that is read ends amid the other. */
START_TEST(many_groups_hide_none)
{
	gid_t groups[600];

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		groups[i] = 1000000 + (gid_t) i;
	if (setgroups(1, groups) < 0)
		unit_skip("no groups may be set: %m");
	for (size_t n = 300; n <= ARRAY_SIZE(groups); n++) {
		ck_assert_int_eq(setgroups(n, groups), 0);
		signal(SIGHUP, SIG_IGN);
		signals_reset();
		ck_assert_msg(signal(SIGHUP, SIG_DFL) == SIG_DFL, "%zu groups", n);
	}
}
END_TEST

START_TEST(so_is_what_the_c_library_keeps)
{
	const uintptr_t ignored[8] = { (uintptr_t) SIG_IGN };

	for (int i = 32; i <= 34; i++)
		ck_assert_int_eq(syscall(SYS_rt_sigaction, i, ignored, NULL, 8), 0);
	ck_assert_uint_eq(handler_of(33), (uintptr_t) SIG_IGN);
	signals_reset();
	for (int i = 32; i <= 34; i++)
		ck_assert_uint_eq(handler_of(i), (uintptr_t) SIG_DFL);
}
END_TEST

START_TEST(all_are_all)
{
	const uint64_t all = UINT64_MAX;
	sigset_t set;

	sigemptyset(&set);
	signals_fill(&set);
	ck_assert_mem_eq(&set, &all, sizeof(all));
}
END_TEST

Suite *linux_signals_suite(void)
{
	Suite *suite = suite_create("linux/signals");
	TCase *tests = tcase_create("signals");

	tcase_add_test(tests, names_and_numbers_are_read);
	tcase_add_test(tests, everything_is_default_again);
	tcase_add_test(tests, only_those_that_are_asked_for_are_default_again);
	tcase_add_test(tests, many_groups_hide_none);
	tcase_add_test(tests, so_is_what_the_c_library_keeps);
	tcase_add_test(tests, all_are_all);
	suite_add_tcase(suite, tests);
	return suite;
}
