/* delete.c - the command delete */
#include "cli/commands.h"
#include "cli/each.h"
#include "container/operations.h"

struct delete_options {
	bool force;
	bool regex;
};

static int delete_one(const char *root, const char *id, const void *arg, struct error *err)
{
	const struct delete_options *options = arg;

	return container_delete(root, id, options->force, err);
}

static int delete_run(const struct invocation *invocation, struct error *err)
{
	const struct delete_options *options = invocation->options;

	return each_container(invocation, options->regex, delete_one, options, err);
}

/* clang-format off */
static const struct option_row rows[] = {
	OPTION(delete_options, force, "force", 'f', NULL,
	       "kill the container first; no error when it is not there"),
	OPTION(delete_options, regex, "regex", 'r', NULL,
	       "ID is a regular expression: every container that matches"),
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
