/* run.c - the command run */
#include "cli/commands.h"
#include "cli/create_options.h"

static int run_run(const struct invocation *invocation, struct error *err)
{
	struct create_options options;
	int r = create_options_complete(invocation, &options, err);
	int status = 0;

	if (r == 0)
		r = container_run(&options, &status, err);
	return r < 0 ? r : status;
}

/* clang-format off */
static const struct option_row rows[] = {
	CREATE_OPTION_ROWS,
	OPTION(create_options, detach, "detach", 'd', NULL, "return once the program runs"),
	OPTION(create_options, keep, "keep", 0, NULL, "do not delete the container when it has ended"),
	OPTION(create_options, no_subreaper, "no-subreaper", 0, NULL,
	       "do not adopt the container's orphaned processes"),
	OPTIONS_END
};
/* clang-format on */

const struct command run_command = {
	.name = "run",
	.arguments = "ID",
	.summary = "Make and start a container, stay with it until it ends, and delete it",
	.min_arguments = 1,
	.max_arguments = 1,
	.uses_state = true,
	.options = rows,
	.options_size = sizeof(struct create_options),
	.run = run_run,
};
