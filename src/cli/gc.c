/* gc.c - the command gc */
#include <stdio.h>

#include "base/text.h"
#include "cli/image_commands.h"
#include "cli/units.h"
#include "image/store_gc.h"

struct gc_options {
	bool dry_run;
	bool forget_away;
};

static int gc_run(const struct invocation *invocation, struct error *err)
{
	const struct gc_options *options = invocation->options;
	const struct gc_request request = { options->dry_run, options->forget_away };
	struct gc_result result;
	auto_store store = STORE_NONE;
	auto_str text = { 0 };

	if (store_open(invocation->global->root, STORE_EXCLUSIVE, &store, err) < 0 ||
	    store_gc(&store, &request, &result, err) < 0)
		return -err->code;
	units_size(&text, result.bytes);
	fprintf(stderr,
		"%s %ju blobs and %ju unfinished ones, %s; %ju unpacked layers; %ju blobs stay\n",
		options->dry_run ? "would remove" : "removed", (uintmax_t) result.blobs,
		(uintmax_t) result.partial, text.data, (uintmax_t) result.layers,
		(uintmax_t) result.kept);
	return 0;
}

static const struct option_row rows[] = {
	OPTION(gc_options, dry_run, "dry-run", 'n', NULL, "only say what would be removed"),
	OPTION(gc_options, forget_away, "forget-away", 0, NULL,
	       "also remove what only bundles on file systems that are not mounted need"),
	OPTIONS_END
};

const struct command gc_command = {
	.name = "gc",
	.arguments = "",
	.summary = "Remove from the store what no image needs",
	.uses_state = true,
	.options = rows,
	.options_size = sizeof(struct gc_options),
	.run = gc_run,
};
