/* create.c - the command create */
#include "cli/commands.h"
#include "cli/create_options.h"

static int create_run(const struct invocation *invocation, struct error *err)
{
	struct create_options options;
	int r = create_options_complete(invocation, &options, err);

	return r < 0 ? r : container_create(&options, err);
}

/* clang-format off */
static const struct option_row rows[] = {
	CREATE_OPTION_ROWS,
	OPTION(create_options, no_subreaper, "no-subreaper", 0, NULL,
	       "accepted: create adopts no process"),
	OPTIONS_END
};
/* clang-format on */

const struct command create_command = {
	.name = "create",
	.arguments = "ID",
	.summary = "Make a container from a bundle and leave it waiting for start",
	.min_arguments = 1,
	.max_arguments = 1,
	.uses_state = true,
	.options = rows,
	.options_size = sizeof(struct create_options),
	.run = create_run,
};
