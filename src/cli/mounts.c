/* mounts.c - the command mounts: add and remove */
#include <errno.h>

#include "base/text.h"
#include "cli/commands.h"
#include "container/operations.h"

static int mounts_run(const struct invocation *invocation, struct error *err)
{
	const char *root = invocation->global->root, *what = invocation->arguments[0];
	const char *id = invocation->arguments[1], *file = invocation->arguments[2];

	if (str_equal(what, "add"))
		return container_mounts_add(root, id, file, err);
	if (str_equal(what, "remove"))
		return container_mounts_remove(root, id, file, err);
	return fail_as(err, ERROR_USAGE, EINVAL, "'mounts %s' is neither add nor remove", what);
}

static const struct option_row rows[] = { OPTIONS_END };

const struct command mounts_command = {
	.name = "mounts",
	.arguments = "add|remove ID FILE",
	.summary = "Add the mounts that FILE lists to a container, or remove them",
	.min_arguments = 3,
	.max_arguments = 3,
	.uses_state = true,
	.options = rows,
	.run = mounts_run,
};
