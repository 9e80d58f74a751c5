/* pull.c - the command pull */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/text.h"
#include "cli/image_commands.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/pull_view.h"
#include "cli/registry_options.h"
#include "cli/units.h"
#include "image/pull.h"
#include "image/store.h"

struct pull_options {
	const char *platform;
	struct registry_flags registry;
	bool quiet;
	bool json;
};

static int print_result(const struct pull_result *result, const struct pull_view *view,
			struct error *err)
{
	auto_str text = { 0 }, note = { 0 };

	if (view->style == PULL_JSON)
		str_printf(&text,
			   "{\"event\":\"pulled\",\"name\":\"%s\",\"digest\":\"%s\",\"size\":%jd,"
			   "\"fetched\":%jd,\"layers\":%zu}\n",
			   result->name, result->digest, (intmax_t) result->size,
			   (intmax_t) result->fetched, result->layers);
	else
		str_printf(&text, "%s\n", result->digest);
	if (view->style == PULL_LINES || view->style == PULL_BARS) {
		str_printf(&note,
			   "%s '%s': ", result->was_there ? "the store already has" : "pulled",
			   result->name);
		str_printf(&note, "%zu layer%s, ", result->layers, result->layers == 1 ? "" : "s");
		units_size(&note, (uint64_t) result->size);
		if (!result->was_there && result->fetched != result->size) {
			str_printf(&note, ", of which ");
			units_size(&note, (uint64_t) result->fetched);
			str_printf(&note, " were fetched now");
		}
		fprintf(stderr, "%s\n", note.data);
	}
	return output_text(&text, err);
}

static int pull_run(const struct invocation *invocation, struct error *err)
{
	const struct pull_options *options = invocation->options;
	struct pull_view view = {
		.style = options->json	  ? PULL_JSON
			 : options->quiet ? PULL_QUIET
					  : pull_view_style(),
	};
	struct pull_request request = {
		.image = invocation->arguments[0],
		.platform = options->platform,
		.stop = &interrupt_signal,
		.tell = pull_view_tell,
		.context = &view,
	};
	auto_pull_result result = { 0 };
	auto_store store = STORE_NONE;
	int r;

	interrupt_catch();
	umask(022);
	if (store_open(invocation->global->root, STORE_SHARED, &store, err) < 0)
		return -err->code;
	request.store = &store;
	registry_flags_apply(&options->registry, &request);
	r = pull_image(&request, &result, err);
	if (r < 0)
		pull_view_tell_kept(&view, "pull");
	else
		r = print_result(&result, &view, err);
	pull_view_release(&view);
	return r;
}

static const struct option_row rows[] = {
	OPTION(pull_options, platform, "platform", 0, "OS/ARCH[/VARIANT]",
	       "pull the image for this platform (default: this host's)"),
	REGISTRY_OPTION_ROWS(pull_options),
	OPTION(pull_options, quiet, "quiet", 'q', NULL, "print the digest only"),
	OPTION(pull_options, json, "json", 0, NULL,
	       "print progress and result as JSON, a line each"),
	OPTIONS_END
};

const struct command pull_command = {
	.name = "pull",
	.arguments = "IMAGE",
	.summary = "Fetch an image from a registry into the store",
	.min_arguments = 1,
	.max_arguments = 1,
	.uses_state = true,
	.options = rows,
	.options_size = sizeof(struct pull_options),
	.run = pull_run,
};
