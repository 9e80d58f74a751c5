/* pause.c - the command pause */
#include "cli/commands.h"
#include "container/operations.h"

static int pause_run(const struct invocation *invocation, struct error *err)
{
	return container_pause(invocation->global->root, invocation->arguments[0], err);
}

static const struct option_row rows[] = { OPTIONS_END };

const struct command pause_command = {
	.name = "pause",
	.arguments = "ID",
	.summary = "Stop all processes of a container, until resume",
	.min_arguments = 1,
	.max_arguments = 1,
	.uses_state = true,
	.options = rows,
	.run = pause_run,
};
