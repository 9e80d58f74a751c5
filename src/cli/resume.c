/* resume.c - the command resume */
#include "cli/commands.h"
#include "container/operations.h"

static int resume_run(const struct invocation *invocation, struct error *err)
{
	return container_resume(invocation->global->root, invocation->arguments[0], err);
}

static const struct option_row rows[] = { OPTIONS_END };

const struct command resume_command = {
	.name = "resume",
	.arguments = "ID",
	.summary = "Let the processes of a paused container go on",
	.min_arguments = 1,
	.max_arguments = 1,
	.uses_state = true,
	.options = rows,
	.run = resume_run,
};
