/* program.c - finding process.args[0], and the phrases that engines read when it fails */
#include "container/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "tests/unit/container/suites.h"

static char dir[] = "/tmp/coracle-program-XXXXXX";
static char *path_variable;

static void make(const char *name, mode_t mode)
{
	auto_free char *path = xasprintf("%s/%s", dir, name);
	auto_fd fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);

	ck_assert_int_ge(fd, 0);
}

static void make_loop(const char *name)
{
	auto_free char *path = xasprintf("%s/%s", dir, name);

	ck_assert_int_eq(symlink(path, path), 0);
}

static void setup(void)
{
	auto_free char *sub = NULL;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	make("tool", 0755);
	make("text", 0644);
	sub = xasprintf("%s/sub", dir);
	ck_assert_int_eq(mkdir(sub, 0755), 0);
	make_loop("loop");
	make_loop("sub/tool");
	path_variable = xasprintf("PATH=/nowhere:%s/sub:%s", dir, dir);
}

static void teardown(void)
{
	static const char *const names[] = { "tool", "text", "loop", "sub/tool" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		auto_free char *path = xasprintf("%s/%s", dir, names[i]);

		unlink(path);
	}
	free(path_variable);
	path_variable = xasprintf("%s/sub", dir);
	rmdir(path_variable);
	rmdir(dir);
	free(path_variable);
}

static const struct {
	const char *name; /* %s: the directory */
	int result;
	const char *text;
} rows[] = {
	{ "tool", 0, "" },
	{ "%s/tool", 0, "" },
	{ "nothing", -ENOENT, "'nothing': executable file not found in $PATH" },
	{ "%s/nothing", -ENOENT, "nothing': no such file or directory" },
	{ "%s/tool/below", -ENOTDIR, "no such file or directory" },
	{ "text", -EACCES, "'text': permission denied" },
	{ "%s/text", -EACCES, "permission denied" },
	{ "%s/sub", -EISDIR, "sub': permission denied: it is a directory" },
	{ "loop", -ELOOP, "'loop': Too many levels of symbolic links" },
	{ "%s/loop", -ELOOP, "loop': Too many levels of symbolic links" },
	{ "sub", -ENOENT, "executable file not found in $PATH" },
};

START_TEST(programs_are_found_as_by_a_shell)
{
	char *env[] = { "PATH=/wrong", path_variable, NULL };
	const char *below = str_after(rows[_i].name, "%s");
	auto_free char *name = below ? xasprintf("%s%s", dir, below) : xstrdup(rows[_i].name);
	auto_free char *found = NULL;
	auto_free char *expected = xasprintf("%s/tool", dir);
	struct error err;

	ck_assert_int_eq(program_find(name, env, &found, &err), rows[_i].result);
	if (rows[_i].result == 0) {
		ck_assert_str_eq(found, expected);
		return;
	}
	ck_assert_msg(strstr(err.text, rows[_i].text), "'%s' does not hold '%s'", err.text,
		      rows[_i].text);
	ck_assert_str_eq(err.where, "process.args[0]");
}
END_TEST

/* An empty place is the current directory, wherever it stands. */
START_TEST(empty_places)
{
	static const struct {
		char *path;
		int result;
	} paths[] = {
		{ "PATH=:/nowhere", 0 }, { "PATH=/nowhere::/nowhere", 0 },
		{ "PATH=/nowhere:", 0 }, { "PATH=:", 0 },
		{ "PATH=", -ENOENT },	 { "PATH=/nowhere", -ENOENT },
	};
	auto_free char *before = getcwd(NULL, 0);

	ck_assert_int_eq(chdir(dir), 0);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		char *env[] = { paths[i].path, NULL };
		auto_free char *found = NULL;
		struct error err;

		ck_assert_int_eq(program_find("tool", env, &found, &err), paths[i].result);
		if (paths[i].result == 0)
			ck_assert_str_eq(found, "./tool");
	}
	ck_assert_int_eq(chdir(before), 0);
}
END_TEST

START_TEST(environment)
{
	char *env[] = { "A=1", "AB=2", "A=3", "NOVALUE", NULL };

	ck_assert_str_eq(env_get(env, "A"), "3");
	ck_assert_str_eq(env_get(env, "AB"), "2");
	ck_assert_ptr_null(env_get(env, "NOVALUE"));
	ck_assert_ptr_null(env_get(NULL, "A"));
}
END_TEST

Suite *container_program_suite(void)
{
	Suite *suite = suite_create("container/program");
	TCase *tcase = tcase_create("program");

	tcase_add_unchecked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, programs_are_found_as_by_a_shell, 0, (int) ARRAY_SIZE(rows));
	tcase_add_test(tcase, empty_places);
	tcase_add_test(tcase, environment);
	suite_add_tcase(suite, tcase);
	return suite;
}
