/* unpack_image.c - the command unpack */
#include <stdio.h>
#include <time.h>

#include "cli/bundle_commands.h"
#include "cli/unpack_options.h"

static double seconds_since(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) (now.tv_sec - begin->tv_sec) +
	       (double) (now.tv_nsec - begin->tv_nsec) / 1e9;
}

static int unpack_run(const struct invocation *invocation, struct error *err)
{
	const char *image = invocation->arguments[0], *bundle = invocation->arguments[1];
	struct unpack_request request = { .bundle = bundle };
	struct progress done;
	struct timespec begin;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	if (unpack_options_make(invocation, &request, &done, err) < 0)
		return -err->code;
	fprintf(stderr, "unpacked '%s' to '%s': %zu layer%s, %ju entries, %.1f MiB in %.2f s\n",
		image, bundle, done.layers, done.layers == 1 ? "" : "s", (uintmax_t) done.entries,
		(double) done.bytes / (1 << 20), seconds_since(&begin));
	return 0;
}

static const struct option_row rows[] = { UNPACK_OPTION_ROWS("dir"), OPTIONS_END };

const struct command unpack_command = {
	.name = "unpack",
	.arguments = "IMAGE BUNDLE",
	.summary = "Make a bundle out of an image",
	.min_arguments = 2,
	.max_arguments = 2,
	.uses_state = true,
	.options = rows,
	.options_size = sizeof(struct unpack_options),
	.run = unpack_run,
};
