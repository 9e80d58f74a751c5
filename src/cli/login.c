/* login.c - the command login */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/image_commands.h"
#include "cli/interrupt.h"
#include "image/auth_file.h"
#include "image/pull.h"
#include "image/reference.h"
#include "image/registry.h"

#define SECRET_MAX ((size_t) 64 << 10)

struct login_options {
	const char *username;
	const char *password;
	bool password_stdin;
	const char *auth_file;
	bool is_insecure;
};

/* Drops the newline that ends a line. */
static void chomp(char *line)
{
	line[strcspn(line, "\r\n")] = '\0';
}

/* Until there is a line: a signal has to leave us the time to put the terminal right. */
static int wait_for_line(struct error *err)
{
	struct pollfd terminal = { .fd = STDIN_FILENO, .events = POLLIN };

	while (poll(&terminal, 1, 200) <= 0)
		if (interrupt_signal)
			return fail(err, EINTR, "interrupted");
	return 0;
}

static int ask(const char *question, bool is_secret, char **ret, struct error *err)
{
	struct termios old, quiet;
	bool is_silent = is_secret && tcgetattr(STDIN_FILENO, &old) == 0;
	size_t size = 0;
	ssize_t n = 0;
	int r;

	if (!isatty(STDIN_FILENO))
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "there is no terminal to ask for the %s at: give --username, and the "
			       "password with --password-stdin",
			       question);
	interrupt_catch();
	fprintf(stderr, "%s: ", question);
	if (is_silent) {
		quiet = old;
		quiet.c_lflag &= (tcflag_t) ~ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	r = wait_for_line(err);
	if (r == 0)
		n = getline(ret, &size, stdin);
	if (is_silent) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
		fprintf(stderr, "\n");
	}
	if (r < 0)
		return r;
	if (n <= 0)
		return fail_as(err, ERROR_USAGE, EINVAL, "no %s was given", question);
	chomp(*ret);
	return 0;
}

static int get_credentials(const struct login_options *options, struct credentials *ret,
			   struct error *err)
{
	if (options->password_stdin && !options->username)
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "option '--password-stdin' needs '--username'");
	if (options->username)
		ret->user = xstrdup(options->username);
	else if (ask("user name", false, &ret->user, err) < 0)
		return -err->code;
	if (options->password_stdin) {
		if (file_read_fd(STDIN_FILENO, "the standard input", SECRET_MAX, &ret->password,
				 NULL, err) < 0)
			return -err->code;
		chomp(ret->password);
	} else if (options->password) {
		ret->password = xstrdup(options->password);
	} else if (ask("password", true, &ret->password, err) < 0) {
		return -err->code;
	}
	if (!*ret->user || strchr(ret->user, ':'))
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "the user name is empty, or has a ':' in it");
	return 0;
}

/* Whether the registry takes them. */
static int try(const char *host, const struct credentials *credentials, bool is_insecure,
	       struct error *err)
{
	auto_free char *creds = xasprintf("%s:%s", credentials->user, credentials->password);
	const struct registry_options options = {
		.is_insecure = is_insecure,
		.creds = creds,
		.retries = PULL_RETRIES,
	};
	struct endpoint endpoint = { .host = (char *) host };
	auto_registries registries = { 0 };
	auto_registry registry = { 0 };
	auto_http http = { 0 };

	if (registries_load(&registries, err) < 0 ||
	    registries_look_up(&registries, host, &endpoint.is_insecure, err) < 0 ||
	    http_init(&http, err) < 0)
		return -err->code;
	http.stop = &interrupt_signal;
	return registry_open(&http, &endpoint, &options, &registry, err);
}

static int login_run(const struct invocation *invocation, struct error *err)
{
	const struct login_options *options = invocation->options;
	const char *scope = invocation->arguments[0];
	auto_credentials credentials = { 0 };
	auto_free char *host = NULL;
	auto_free char *path = NULL;
	bool was_there;

	if (reference_parse_scope(scope, &host, err) < 0 ||
	    get_credentials(options, &credentials, err) < 0)
		return -err->code;
	interrupt_catch();
	if (try(host, &credentials, options->is_insecure, err) < 0 ||
	    credentials_store(options->auth_file, scope, &credentials, &was_there, &path, err) < 0)
		return -err->code;
	fprintf(stderr, "logged in to '%s': kept in '%s'\n", scope, path);
	return 0;
}

/* clang-format off */
static const struct option_row rows[] = {
	OPTION(login_options, username, "username", 'u', "USER", "the user name (default: asks)"),
	OPTION(login_options, password, "password", 'p', "PASSWORD",
	       "the password (seen by others: prefer --password-stdin)"),
	OPTION(login_options, password_stdin, "password-stdin", 0, NULL,
	       "read the password from the standard input"),
	OPTION(login_options, auth_file, "authfile", 0, "FILE",
	       "keep the credentials in FILE (default: $REGISTRY_AUTH_FILE, or the usual place)"),
	OPTION(login_options, is_insecure, "tls-verify", 0, NULL,
	       "=false: do not look at certificates, and take http where there is no https",
	       .is_inverse = true),
	OPTIONS_END
};
/* clang-format on */

const struct command login_command = {
	.name = "login",
	.arguments = "REGISTRY[/PATH]",
	.summary = "Try a user name and password with a registry, and keep them",
	.min_arguments = 1,
	.max_arguments = 1,
	.options = rows,
	.options_size = sizeof(struct login_options),
	.run = login_run,
};
