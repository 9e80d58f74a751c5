/* kill.c - the command kill */
#include <errno.h>
#include <signal.h>

#include "cli/commands.h"
#include "container/operations.h"
#include "linux/signals.h"

struct kill_options {
	bool all;
};

static int kill_run(const struct invocation *invocation, struct error *err)
{
	const struct kill_options *options = invocation->options;
	const char *name = invocation->arguments[1];
	int number = SIGTERM;

	if (name && signal_parse(name, &number) < 0)
		return fail_as(err, ERROR_USAGE, EINVAL, "'%s' is not a signal", name);
	return container_kill(invocation->global->root, invocation->arguments[0], number,
			      options->all, err);
}

/* clang-format off */
static const struct option_row rows[] = {
	OPTION(kill_options, all, "all", 'a', NULL, "signal every process of the container"),
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
