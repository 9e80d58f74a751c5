/* program.c - from argv to a command's run(), and the report of its error; see command.h */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/configured.h"
#include "base/log.h"
#include "base/socket.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/output.h"
#include "linux/signals.h"

const char *const log_format_names[] = { [LOG_TEXT] = "text", [LOG_JSON] = "json", NULL };
const char *const log_level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_DEBUG] = "debug",
	NULL,
};

/* A descriptor opened later must not become the container's standard input or output. */
static void fill_standard_fds(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", O_RDWR | O_NOCTTY);
}

int command_find(const struct program *program, const char *name, const struct command **ret,
		 struct error *err)
{
	for (size_t i = 0; program->commands[i]; i++) {
		*ret = program->commands[i];
		if (strcmp((*ret)->name, name) == 0)
			return 0;
	}
	return fail_as(err, ERROR_USAGE, EINVAL, "unknown command '%s' (see '%s help')", name,
		       program->name);
}

/* crun's spellings of where a log can go. */
static const struct {
	const char *prefix;
	enum log_service service;
	const char *socket;
} log_services[] = {
	{ "journald:", LOG_JOURNALD, "/run/systemd/journal/socket" },
	{ "syslog:", LOG_SYSLOG, "/dev/log" },
};

static int open_log_file(const char *path, int *ret_fd, struct error *err)
{
	path = str_after(path, "file:") ? str_after(path, "file:") : path;
	*ret_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0644);
	return *ret_fd < 0 ? fail_errno(err, "open the log '%s'", path) : 0;
}

static int open_log_target(const char *target, int *ret_fd, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(log_services); i++) {
		const char *identifier = str_after(target, log_services[i].prefix);
		int r;

		if (!identifier)
			continue;
		if (!*identifier || strchr(identifier, '\n'))
			return fail_as(err, ERROR_USAGE, EINVAL,
				       "option '--log': '%s' names no identifier", target);
		r = socket_connect_datagram(log_services[i].socket, ret_fd, err);
		if (r < 0)
			return fail_in(err, "open the log '%s'", target);
		log_init_service(log_services[i].service, identifier);
		return 0;
	}
	return open_log_file(target, ret_fd, err);
}

static int open_log(const struct global_options *global, struct error *err)
{
	int fd, r;

	if (!global->log)
		return 0;
	r = open_log_target(global->log, &fd, err);
	if (r == 0)
		log_init(fd, global->log_format, global->log_level);
	return r;
}

static int print_version(const struct program *program, struct error *err)
{
	auto_str text = { 0 };

	str_printf(&text, "%s version %s\ncommit: %s\nspec: %s\n", program->name, PACKAGE_VERSION,
		   COMMIT, program->specification);
	if (program->add_versions)
		program->add_versions(&text);
	return output_text(&text, err);
}

static int print_help(const struct program *program, const struct command *command,
		      struct error *err)
{
	auto_str text = { 0 };

	if (command)
		help_of_command(program, command, &text);
	else
		help_of_program(program, &text);
	return output_text(&text, err);
}

/* Tells which command it was ("": none yet), and where its right usage is told. */
static int usage_error(const struct program *program, const char *command, struct error *err)
{
	struct error old = *err;

	return fail_as(err, ERROR_USAGE, old.code, "%s%s%s (see '%s%s%s --help')", command,
		       *command ? ": " : "", old.text, program->name, *command ? " " : "", command);
}

static int check_arguments(const struct command *command, char *const *arguments, int n,
			   struct error *err)
{
	if (n > command->max_arguments)
		return fail_as(err, ERROR_USAGE, EINVAL, "unexpected argument '%s'",
			       arguments[command->max_arguments]);
	if (n < command->min_arguments)
		return fail_as(err, ERROR_USAGE, EINVAL, "needs %s", command->arguments);
	return 0;
}

static int run_command(const struct program *program, struct global_options *global,
		       const struct command *command, const void *options, char *const *arguments,
		       struct error *err)
{
	const struct invocation invocation = { program, global, options, arguments };
	auto_free char *root = NULL;
	int r;

	if (command->uses_state && !global->root) {
		r = program->find_root(&root, err);
		if (r < 0)
			return r;
		global->root = root;
	}
	return command->run(&invocation, err);
}

static int call_command(const struct program *program, struct global_options *global,
			const struct command *command, char **arguments, struct error *err)
{
	auto_free void *options = xcalloc(1, command->options_size);
	bool is_help;
	int r;

	r = options_parse(command->options, command->order, options, arguments, &is_help, err);
	if (r >= 0 && !is_help)
		r = check_arguments(command, arguments, r, err);
	if (r < 0)
		r = usage_error(program, command->name, err);
	else if (is_help)
		r = print_help(program, command, err);
	else
		r = run_command(program, global, command, options, arguments, err);
	options_release(command->options, options);
	return r;
}

/* *ret_failure: the exit status if this fails. */
static int run_program(const struct program *program, char **arguments, int *ret_failure,
		       struct error *err)
{
	struct global_options global = { .log_level = LOG_LEVEL_WARNING };
	const struct command *command;
	bool is_help;
	int n, r;

	n = options_parse(program->options, OPTIONS_FIRST, &global, arguments, &is_help, err);
	/* an error that comes before the log is open (a wrong option, or the log itself) has its form, too */
	log_init(STDERR_FILENO, global.log_format, global.log_level);
	if (n < 0)
		return usage_error(program, "", err);
	if (is_help)
		return print_help(program, NULL, err);
	if (global.version)
		return print_version(program, err);
	r = open_log(&global, err);
	if (r < 0)
		return r;
	if (n == 0)
		return fail_as(err, ERROR_USAGE, EINVAL, "no command is given (see '%s help')",
			       program->name);
	r = command_find(program, arguments[0], &command, err);
	if (r < 0)
		return r;
	if (command->error_status)
		*ret_failure = command->error_status;
	return call_command(program, &global, command, arguments + 1, err);
}

int program_main(const struct program *program, char **argv)
{
	struct error err = { 0 };
	int failure = EXIT_FAILURE, r;

	fill_standard_fds();
	/* a caller that ignores it passes that on by exec(2), and then the kernel would reap our children for
	 * us */
	signal(SIGCHLD, SIG_DFL);
	signals_take_failed_writes();
	r = run_program(program, argv + 1, &failure, &err);
	if (r >= 0)
		return r;
	log_error(&err);
	if (log_fd() != STDERR_FILENO)
		log_show(&err);
	return failure;
}
