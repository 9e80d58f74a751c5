/* state.c - the command state */
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/summary.h"

static int state_run(const struct invocation *invocation, struct error *err)
{
	struct container_summary summary = { 0 };
	struct summary_document document;
	int r;

	r = container_state(invocation->global->root, invocation->arguments[0], &summary, err);
	if (r < 0)
		return r;
	document = summary_document_of(&summary);
	r = output_document(&summary_document_desc, &document, err);
	container_summary_release(&summary);
	return r;
}

static const struct option_row rows[] = { OPTIONS_END };

const struct command state_command = {
	.name = "state",
	.arguments = "ID",
	.summary = "Print a container's state as JSON",
	.min_arguments = 1,
	.max_arguments = 1,
	.uses_state = true,
	.options = rows,
	.run = state_run,
};
