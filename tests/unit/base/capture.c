/* capture.c - tests of base/capture.h: output, failures, and the limit of time */
#include "base/capture.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "base/timestamp.h"
#include "tests/unit/base/suites.h"

/* clang-format off */
static const struct {
	const char *script;
	int result;
	const char *text;	/* the output, or the error */
} rows[] = {
	{ "echo one; echo two",               0,         "one\ntwo\n" },
	{ "true",                             0,         "" },
	{ "cat",                              0,         "" },
	{ "printf '%05000d' 7 | tail -c 1",   0,         "7" },
	{ "echo x; exit 3",                   -EIO,      "'sh' ended with status 3" },
	{ "kill -9 $$",                       -EIO,      "'sh' ended with status 137" },
	{ "exec >&-; sleep 30",               -ETIMEDOUT, "'sh' did not end within 1 seconds" },
	{ "sleep 30",                         -ETIMEDOUT, "'sh' did not end within 1 seconds" },
	{ "while :; do echo; done",           -ETIMEDOUT, "'sh' did not end within 1 seconds" },
};
/* clang-format on */

START_TEST(a_program)
{
	char *argv[] = { "sh", "-c", (char *) rows[_i].script, NULL };
	int64_t before = monotonic_ms();
	struct error err = { 0 };
	auto_str output = { 0 };
	int r = capture(argv, 1000, &output, &err);

	ck_assert_msg(r == rows[_i].result, "%s: %d %s", rows[_i].script, r, err.text);
	ck_assert_str_eq(r < 0 ? err.text : output.data ? output.data : "", rows[_i].text);
	ck_assert_int_lt(monotonic_ms() - before, 15000);
	/* no child is left */
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

static void do_nothing(int number)
{
	(void) number;
}

START_TEST(a_signal_changes_no_limit)
{
	char *argv[] = { "sleep", "5", NULL };
	struct sigaction action = { .sa_handler = do_nothing };
	const struct itimerval once = { .it_value = { .tv_usec = 50000 } };
	struct error err = { 0 };
	auto_str output = { 0 };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &once, NULL);
	ck_assert_int_eq(capture(argv, 500, &output, &err), -ETIMEDOUT);
}
END_TEST

START_TEST(one_that_is_not_there)
{
	char *argv[] = { "coracle-no-such-program", NULL };
	struct error err = { 0 };
	auto_str output = { 0 };

	ck_assert_int_eq(capture(argv, 1000, &output, &err), -ENOENT);
	ck_assert_str_eq(err.text, "execute 'coracle-no-such-program': No such file or directory");
}
END_TEST

START_TEST(long_output)
{
	char *argv[] = { "sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x", NULL };
	struct error err = { 0 };
	auto_str output = { 0 };

	ck_assert_msg(capture(argv, 10000, &output, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(output.len, 1000000);
}
END_TEST

Suite *base_capture_suite(void)
{
	Suite *suite = suite_create("base/capture");
	TCase *tcase = tcase_create("capture");

	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, a_program, 0, ARRAY_SIZE(rows));
	tcase_add_test(tcase, a_signal_changes_no_limit);
	tcase_add_test(tcase, one_that_is_not_there);
	tcase_add_test(tcase, long_output);
	suite_add_tcase(suite, tcase);
	return suite;
}
