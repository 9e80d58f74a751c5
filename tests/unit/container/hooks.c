/* hooks.c - hooks are real programs here: the shell, with its files in a scratch directory */
#include "container/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "tests/unit/container/suites.h"

static char dir[] = "/tmp/coracle-hooks-XXXXXX";
static const struct oci_state state = {
	.oci_version = "1.3.0",
	.id = "c1",
	.status = "creating",
	.pid = { true, 77 },
	.bundle = "/bundle",
};

static const struct hook_context context = { &state, dir, -1, -1, NULL };

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
	struct error err;

	ck_assert_int_eq(dir_remove(AT_FDCWD, dir, &err), 0);
}

/* One hook: sh -c script, in the scratch directory. */
static int run_script(char *script, int64_t timeout, struct error *err)
{
	char *args[] = { "sh", "-c", script, NULL };
	char *env[] = { "COLOUR=blue", NULL };
	struct oci_hook hook = {
		.path = "/bin/sh",
		.args = { 3, args },
		.env = { 1, env },
		.timeout = { timeout > 0, timeout },
	};
	struct oci_hook_list list = { 1, &hook };

	return hooks_run(&list, "prestart", &context, err);
}

static void expect_file(const char *name, const char *content)
{
	auto_free char *path = xasprintf("%s/%s", dir, name);
	auto_free char *data = NULL;
	struct error err;

	ck_assert_int_eq(file_read(AT_FDCWD, path, 4096, &data, NULL, &err), 0);
	ck_assert_str_eq(data, content);
}

START_TEST(state_environment_and_directory)
{
	struct error err;

	ck_assert_int_eq(run_script("cat > state; echo $COLOUR:$HOME > environment", 0, &err), 0);
	expect_file("state", "{\"ociVersion\":\"1.3.0\",\"id\":\"c1\",\"status\":\"creating\","
			     "\"pid\":77,\"bundle\":\"/bundle\"}");
	expect_file("environment", "blue:\n");
}
END_TEST

START_TEST(failures)
{
	static const struct {
		char *script;
		const char *text;
	} failing[] = {
		{ "exit 3", "hooks.prestart[0] '/bin/sh': ended with exit status 3" },
		{ "kill -9 $$", "hooks.prestart[0] '/bin/sh': was killed by signal 9" },
	};
	struct error err;

	ck_assert_int_eq(run_script(failing[_i].script, 0, &err), -ECANCELED);
	ck_assert_str_eq(err.text, failing[_i].text);
	ck_assert_int_eq(err.class, ERROR_HOOK);
	ck_assert_str_eq(err.where, "hooks.prestart[0]");
}
END_TEST

START_TEST(missing_program)
{
	struct oci_hook hook = { .path = "/no/such/hook" };
	struct oci_hook_list list = { 1, &hook };
	struct error err;

	ck_assert_int_eq(hooks_run(&list, "poststop", &context, &err), -ENOENT);
	ck_assert_str_eq(err.text, "hooks.poststop[0] '/no/such/hook': execute it: "
				   "No such file or directory");
}
END_TEST

/* The hook's own child must go too: it would write the file half a second later. */
START_TEST(timeout_kills_the_whole_hook)
{
	auto_free char *path = xasprintf("%s/late", dir);
	struct timespec before, after, pause = { .tv_sec = 1 };
	struct error err;

	clock_gettime(CLOCK_MONOTONIC, &before);
	ck_assert_int_eq(run_script("(sleep 1.5; echo x > late) & wait", 1, &err), -ETIMEDOUT);
	clock_gettime(CLOCK_MONOTONIC, &after);
	ck_assert_ptr_nonnull(strstr(err.text, "its timeout of 1 seconds"));
	ck_assert_int_le(after.tv_sec - before.tv_sec, 2);
	nanosleep(&pause, NULL);
	ck_assert_int_lt(access(path, F_OK), 0);
}
END_TEST

/* It has a session of its own, and its parent is gone: the process group does not reach it. */
START_TEST(timeout_kills_who_got_away)
{
	auto_free char *path = xasprintf("%s/late", dir);
	struct timespec pause = { .tv_sec = 1 };
	struct error err;

	ck_assert_int_eq(run_script("(setsid sh -c 'sleep 1.5; echo x > late' &) ; sleep 9", 1,
				    &err),
			 -ETIMEDOUT);
	nanosleep(&pause, NULL);
	ck_assert_int_lt(access(path, F_OK), 0);
}
END_TEST

/* Whoever waits for all of them: the sum, and never more than poll(2) can count. */
START_TEST(limits_together)
{
	struct oci_hook hooks[] = {
		{ .path = "/a", .timeout = { true, 5 } },
		{ .path = "/b" },
		{ .path = "/c", .timeout = { true, INT64_MAX } },
	};
	static const struct {
		size_t n;
		unsigned int seconds;
	} rows[] = { { 0, 0 }, { 1, 5 }, { 2, 605 }, { 3, 605 + INT_MAX / 1000 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct oci_hook_list list = { rows[i].n, hooks };

		ck_assert_uint_eq(hooks_limit(&list), rows[i].seconds);
	}
}
END_TEST

START_TEST(output_goes_to_files)
{
	auto_free char *out = xasprintf("%s/out", dir), *errors = xasprintf("%s/err", dir);
	struct oci_pair pairs[] = { { "run.oci.hooks.stdout", out },
				    { "run.oci.hooks.stderr", errors } };
	struct oci_string_map annotations = { 2, pairs };
	char *args[] = { "sh", "-c", "echo said; echo complained >&2", NULL };
	struct oci_hook hook = { .path = "/bin/sh", .args = { 3, args } };
	struct oci_hook_list list = { 1, &hook };
	struct hook_context files = { &state, dir, -1, -1, NULL };
	struct error err;

	ck_assert_int_eq(hook_output_open(&annotations, &files.out, &files.err, &err), 0);
	ck_assert_int_eq(hooks_run(&list, "prestart", &files, &err), 0);
	ck_assert_int_eq(hooks_run(&list, "prestart", &files, &err), 0);
	close(files.out);
	close(files.err);
	expect_file("out", "said\nsaid\n");
	expect_file("err", "complained\ncomplained\n");

	pairs[0].value = "out";
	ck_assert_int_eq(hook_output_open(&annotations, &files.out, &files.err, &err), -EINVAL);
	ck_assert_str_eq(err.text,
			 "annotations[\"run.oci.hooks.stdout\"]: 'out' is not an absolute path");
	annotations.n = 0;
	ck_assert_int_eq(hook_output_open(&annotations, &files.out, &files.err, &err), 0);
	ck_assert_int_eq(files.out, -1);
}
END_TEST

START_TEST(first_failure_ends_the_list)
{
	char *first[] = { "sh", "-c", "exit 1", NULL }, *second[] = { "sh", "-c", "> ran", NULL };
	struct oci_hook hooks[] = {
		{ .path = "/bin/sh", .args = { 3, first } },
		{ .path = "/bin/sh", .args = { 3, second } },
	};
	struct oci_hook_list list = { 2, hooks };
	auto_free char *path = xasprintf("%s/ran", dir);
	struct error err;

	ck_assert_int_lt(hooks_run(&list, "prestart", &context, &err), 0);
	ck_assert_int_lt(access(path, F_OK), 0);
	hooks_run_all(&list, "poststop", &context);
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

/* What the first has written to its own, and how far it has read, is nothing to the second. */
START_TEST(each_has_a_state_of_its_own)
{
	char *first[] = { "sh", "-c", "printf garbage 1<>/dev/fd/0; head -c 9 > /dev/null", NULL };
	char *second[] = { "sh", "-c", "cat > state", NULL };
	struct oci_hook hooks[] = {
		{ .path = "/bin/sh", .args = { 3, first } },
		{ .path = "/bin/sh", .args = { 3, second } },
	};
	struct oci_hook_list list = { 2, hooks };
	struct error err;

	ck_assert_int_eq(hooks_run(&list, "prestart", &context, &err), 0);
	expect_file("state", "{\"ociVersion\":\"1.3.0\",\"id\":\"c1\",\"status\":\"creating\","
			     "\"pid\":77,\"bundle\":\"/bundle\"}");
}
END_TEST

Suite *container_hooks_suite(void)
{
	Suite *suite = suite_create("container/hooks");
	TCase *tcase = tcase_create("hooks");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, state_environment_and_directory);
	tcase_add_loop_test(tcase, failures, 0, 2);
	tcase_add_test(tcase, missing_program);
	tcase_add_test(tcase, timeout_kills_the_whole_hook);
	tcase_add_test(tcase, timeout_kills_who_got_away);
	tcase_add_test(tcase, limits_together);
	tcase_add_test(tcase, output_goes_to_files);
	tcase_add_test(tcase, first_failure_ends_the_list);
	tcase_add_test(tcase, each_has_a_state_of_its_own);
	suite_add_tcase(suite, tcase);
	return suite;
}
