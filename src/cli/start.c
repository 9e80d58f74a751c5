/* start.c - the command start */
#include "cli/commands.h"
#include "container/operations.h"

static int start_run(const struct invocation *invocation, struct error *err)
{
	return container_start(invocation->global->root, invocation->arguments[0], err);
}

static const struct option_row rows[] = { OPTIONS_END };

const struct command start_command = {
	.name = "start",
	.arguments = "ID",
	.summary = "Run the program of a created container",
	.min_arguments = 1,
	.max_arguments = 1,
	.uses_state = true,
	.options = rows,
	.run = start_run,
};
