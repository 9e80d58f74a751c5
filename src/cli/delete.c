/* delete.c - the command delete */
#include "cli/commands.h"
#include "container/operations.h"

struct delete_options {
	bool force;
};

static int delete_run(const struct invocation *invocation, struct error *err)
{
	const struct delete_options *options = invocation->options;

	return container_delete(invocation->global->root, invocation->arguments[0], options->force,
				err);
}

/* clang-format off */
static const struct option_row rows[] = {
	OPTION(delete_options, force, "force", 'f', NULL,
	       "kill the container first; no error when it is not there"),
	OPTIONS_END
};
/* clang-format on */

const struct command delete_command = {
	.name = "delete",
	.arguments = "ID",
	.summary = "Remove a stopped container's state and cgroup",
	.min_arguments = 1,
	.max_arguments = 1,
	.uses_state = true,
	.options = rows,
	.options_size = sizeof(struct delete_options),
	.run = delete_run,
};
