/* kill.c - the command kill */
#include <errno.h>
#include <signal.h>

#include "cli/commands.h"
#include "cli/each.h"
#include "container/operations.h"
#include "linux/signals.h"

struct kill_options {
	bool all;
	bool regex;
};

struct work {
	const struct kill_options *options;
	int signal;
};

/* With --regex, those that have ended, or are not there yet or any more, are not meant. */
static int kill_one(const char *root, const char *id, const void *arg, struct error *err)
{
	const struct work *work = arg;
	int r = container_kill(root, id, work->signal, work->options->all, err);

	return (r == -ESRCH || r == -ENOENT) && work->options->regex ? 0 : r;
}

static int kill_run(const struct invocation *invocation, struct error *err)
{
	const struct kill_options *options = invocation->options;
	const char *name = invocation->arguments[1];
	struct work work = { options, SIGTERM };

	if (name && signal_parse(name, &work.signal) < 0)
		return fail_as(err, ERROR_USAGE, EINVAL, "'%s' is not a signal", name);
	return each_container(invocation, options->regex, kill_one, &work, err);
}

/* clang-format off */
static const struct option_row rows[] = {
	OPTION(kill_options, all, "all", 'a', NULL, "signal every process of the container"),
	OPTION(kill_options, regex, "regex", 'r', NULL,
	       "ID is a regular expression: every running container that matches"),
	OPTIONS_END
};
/* clang-format on */

const struct command kill_command = {
	.name = "kill",
	.arguments = "ID [SIGNAL]",
	.summary = "Send a signal (default: TERM) to a container's init",
	.min_arguments = 1,
	.max_arguments = 2,
	.uses_state = true,
	.options = rows,
	.options_size = sizeof(struct kill_options),
	.run = kill_run,
};
