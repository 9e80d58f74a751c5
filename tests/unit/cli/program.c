/* program.c - tests of program_main(): from argv to output, messages and exit status */
#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/configured.h"
#include "base/log.h"
#include "cli/output.h"
#include "tests/unit/cli/suites.h"
#include "tests/unit/cli/words.h"

struct echo_options {
	unsigned int status;
	const char *fail;
	struct option_list more;
};

/* Prints what it was given, or fails. */
static int echo_run(const struct invocation *invocation, struct error *err)
{
	const struct echo_options *options = invocation->options;
	auto_str text = { 0 };

	if (options->fail)
		return fail_as(err, ERROR_STATE, EBUSY, "%s", options->fail);
	words_join(invocation->arguments, &text);
	str_printf(&text, ";%s\n", invocation->global->root ? invocation->global->root : "");
	if (output_text(&text, err) < 0)
		return -err->code;
	return (int) options->status;
}

/* clang-format off */
static const struct option_row echo_rows[] = {
	OPTION(echo_options, status, "status", 's', "N", "exit with N", .max = 255),
	OPTION(echo_options, fail, "fail", 0, "MESSAGE", "fail with a message"),
	OPTION(echo_options, more, "more", 'm', "WORD", NULL),
	OPTIONS_END
};
/* clang-format on */

static const struct command echo_command = {
	.name = "echo",
	.arguments = "WORD [WORD]",
	.summary = "Say it again",
	.min_arguments = 1,
	.max_arguments = 2,
	.options = echo_rows,
	.options_size = sizeof(struct echo_options),
	.run = echo_run,
};

static const struct option_row where_rows[] = { OPTIONS_END };

static const struct command where_command = {
	.name = "where",
	.arguments = "",
	.summary = "Tell the state root",
	.uses_state = true,
	.options = where_rows,
	.options_size = sizeof(struct echo_options),
	.run = echo_run,
};

static int find_root(char **ret_root, struct error *err)
{
	if (getenv("NO_ROOT"))
		return fail_as(err, ERROR_USAGE, EINVAL, "no place");
	*ret_root = xstrdup("/found");
	return 0;
}

/* clang-format off */
static const struct option_row rows[] = {
	OPTION(global_options, root, "root", 0, "DIR", "the root"),
	LOG_OPTION_ROWS,
	OPTIONS_END
};
/* clang-format on */

static const struct command *const commands[] = { &echo_command, &where_command, &help_command,
						  NULL };

static const struct program program = {
	.name = "sample",
	.summary = "Shows what a program does",
	.specification = "9.9.9",
	.options = rows,
	.commands = commands,
	.find_root = find_root,
};

static int out, error_out;
static char log_path[64];

static int capture(int fd)
{
	int file = memfd_create("captured", MFD_CLOEXEC);

	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(dup2(file, fd), fd);
	return file;
}

static void capture_all(void)
{
	out = capture(STDOUT_FILENO);
	error_out = capture(STDERR_FILENO);
	snprintf(log_path, sizeof(log_path), "/tmp/coracle-unit-log-%d", getpid());
	program_invocation_short_name = "sample";
}

static void remove_log(void)
{
	unlink(log_path);
}

static char *content(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = xcalloc((size_t) size + 1, 1);

	ck_assert_int_eq(pread(fd, text, (size_t) size, 0), size);
	return text;
}

static void assert_content(int fd, const char *expected)
{
	auto_free char *text = content(fd);

	ck_assert_str_eq(text, expected);
}

static void assert_begins(int fd, const char *expected)
{
	auto_free char *text = content(fd);

	ck_assert_msg(str_after(text, expected) != NULL, "'%s' does not begin with '%s'", text,
		      expected);
}

static int run(const char *line)
{
	struct words words;

	words_split(line, &words);
	return program_main(&program, words.argv);
}

/* clang-format off */
static const struct {
	const char *line;
	int status;
	const char *out, *error;
} runs[] = {
	{ "sample echo a", 0, "a;\n", "" },
	{ "sample echo a b", 0, "a|b;\n", "" },
	{ "sample echo a --status 7 b", 7, "a|b;\n", "" },
	{ "sample --root /r echo -s255 a", 255, "a;/r\n", "" },
	{ "sample where", 0, ";/found\n", "" },
	{ "sample --root=/r where", 0, ";/r\n", "" },
	{ "sample echo -- --fail", 0, "--fail;\n", "" },
	{ "sample -v", 0, "sample version " PACKAGE_VERSION "\ncommit: " COMMIT "\nspec: 9.9.9\n", "" },
	{ "sample echo --fail oops a", 1, "", "sample: error: oops\n" },
	{ "sample", 1, "", "sample: error: no command is given (see 'sample help')\n" },
	{ "sample bogus", 1, "", "sample: error: unknown command 'bogus' (see 'sample help')\n" },
	{ "sample help bogus", 1, "", "sample: error: unknown command 'bogus' (see 'sample help')\n" },
	{ "sample --bogus echo a", 1, "",
	  "sample: error: unknown option '--bogus' (see 'sample --help')\n" },
	{ "sample echo", 1, "",
	  "sample: error: echo: needs WORD [WORD] (see 'sample echo --help')\n" },
	{ "sample echo a b c", 1, "",
	  "sample: error: echo: unexpected argument 'c' (see 'sample echo --help')\n" },
	{ "sample echo --bogus a", 1, "",
	  "sample: error: echo: unknown option '--bogus' (see 'sample echo --help')\n" },
	/* what the options hold is freed then, too: a sanitizer would tell */
	{ "sample echo -m x --bogus a", 1, "",
	  "sample: error: echo: unknown option '--bogus' (see 'sample echo --help')\n" },
	{ "sample echo -m x", 1, "",
	  "sample: error: echo: needs WORD [WORD] (see 'sample echo --help')\n" },
	{ "sample --log journald: echo a", 1, "",
	  "sample: error: option '--log': 'journald:' names no identifier\n" },
	{ "sample --log syslog: echo a", 1, "",
	  "sample: error: option '--log': 'syslog:' names no identifier\n" },
	{ "sample --log /none/log echo a", 1, "",
	  "sample: error: open the log '/none/log': No such file or directory\n" },
};
/* clang-format on */

START_TEST(command_lines)
{
	ck_assert_int_eq(run(runs[_i].line), runs[_i].status);
	assert_content(out, runs[_i].out);
	assert_content(error_out, runs[_i].error);
}
END_TEST

START_TEST(version_spellings)
{
	static const char *const lines[] = { "sample -v", "sample -V", "sample --version" };

	ck_assert_int_eq(run(lines[_i]), 0);
	assert_begins(out, "sample version ");
}
END_TEST

START_TEST(help_of_the_program)
{
	static const char *const lines[] = { "sample help", "sample -h", "sample --help" };

	ck_assert_int_eq(run(lines[_i]), 0);
	assert_content(out, "Usage: sample [OPTION...] COMMAND [ARGUMENT...]\n"
			    "\n"
			    "Shows what a program does.\n"
			    "\n"
			    "Commands:\n"
			    "  echo WORD [WORD]            Say it again\n"
			    "  where                       Tell the state root\n"
			    "  help [COMMAND]              Print help, or a command's help\n"
			    "\n"
			    "Options:\n"
			    "      --root DIR              the root\n"
			    "      --log FILE              append errors and warnings to FILE\n"
			    "      --log-format FORMAT     how lines of the log are written: text "
			    "(the default) or json\n"
			    "      --log-level LEVEL       least severity that is logged: error, "
			    "warning (the default) or debug\n"
			    "      --debug                 the same as --log-level debug\n"
			    "  -v, --version               print the version\n"
			    "  -h, --help                  print this help\n"
			    "\n"
			    "'sample COMMAND --help' tells a command's options.\n");
}
END_TEST

START_TEST(help_of_a_command)
{
	static const char *const lines[] = { "sample help echo", "sample echo -h",
					     "sample echo a b c --help" };

	ck_assert_int_eq(run(lines[_i]), 0);
	assert_content(out, "Usage: sample echo [OPTION...] WORD [WORD]\n"
			    "\n"
			    "Say it again.\n"
			    "\n"
			    "Options:\n"
			    "  -s, --status N              exit with N\n"
			    "      --fail MESSAGE          fail with a message\n"
			    "  -h, --help                  print this help\n");
}
END_TEST

START_TEST(no_state_root)
{
	setenv("NO_ROOT", "1", 1);
	ck_assert_int_eq(run("sample where"), 1);
	assert_content(error_out, "sample: error: no place\n");
	ck_assert_int_eq(run("sample --root /r where"), 0);
	ck_assert_int_eq(run("sample echo a"), 0);
}
END_TEST

/* containerd reads the log, people the standard error: the message is in both. */
START_TEST(errors_go_to_the_log_too)
{
	static const char *const prefixes[] = { "", "file:" };
	auto_free char *text = NULL;
	auto_fd logged = -1;
	char line[200];

	snprintf(line, sizeof(line), "sample --log-format json --log %s%s echo --fail oops a",
		 prefixes[_i], log_path);
	ck_assert_int_eq(run(line), 1);
	assert_content(error_out, "sample: error: oops\n");
	logged = open(log_path, O_RDONLY | O_CLOEXEC);
	assert_begins(logged, "{\"level\":\"error\",\"msg\":\"oops\",\"time\":\"");
	text = content(logged);
	ck_assert_ptr_nonnull(strstr(text, "\",\"class\":\"state\",\"errno\":16,\"path\":\"\"}\n"));
}
END_TEST

START_TEST(log_level)
{
	ck_assert_int_eq(run("sample echo a"), 0);
	ck_assert(log_enabled(LOG_LEVEL_WARNING));
	ck_assert(!log_enabled(LOG_LEVEL_DEBUG));
	ck_assert_int_eq(run("sample --debug echo a"), 0);
	ck_assert(log_enabled(LOG_LEVEL_DEBUG));
	ck_assert_int_eq(run("sample --log-level=error echo a"), 0);
	ck_assert(!log_enabled(LOG_LEVEL_WARNING));
}
END_TEST

START_TEST(output_that_fails)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	ck_assert_int_eq(dup2(full, STDOUT_FILENO), STDOUT_FILENO);
	ck_assert_int_eq(run("sample echo a"), 1);
	assert_content(error_out,
		       "sample: error: write to the standard output: No space left on device\n");
}
END_TEST

/* Started without standard descriptors, none that is opened later takes their numbers. */
START_TEST(missing_standard_descriptors)
{
	char line[200];

	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	snprintf(line, sizeof(line), "sample --log %s echo a", log_path);
	ck_assert_int_eq(run(line), 0);
	ck_assert_int_gt(log_fd(), STDERR_FILENO);
	ck_assert_int_ge(fcntl(STDIN_FILENO, F_GETFD), 0);
}
END_TEST

Suite *cli_program_suite(void)
{
	Suite *suite = suite_create("cli/program");
	TCase *tcase = tcase_create("program");

	tcase_add_checked_fixture(tcase, capture_all, remove_log);
	tcase_add_loop_test(tcase, command_lines, 0, ARRAY_SIZE(runs));
	tcase_add_loop_test(tcase, version_spellings, 0, 3);
	tcase_add_loop_test(tcase, help_of_the_program, 0, 3);
	tcase_add_loop_test(tcase, help_of_a_command, 0, 3);
	tcase_add_test(tcase, no_state_root);
	tcase_add_loop_test(tcase, errors_go_to_the_log_too, 0, 2);
	tcase_add_test(tcase, log_level);
	tcase_add_test(tcase, output_that_fails);
	tcase_add_test(tcase, missing_standard_descriptors);
	suite_add_tcase(suite, tcase);
	return suite;
}
