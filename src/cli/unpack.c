/* unpack.c - coracle-unpack: the program, and its command unpack */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/image_commands.h"
#include "cli/interrupt.h"
#include "image/store.h"
#include "image/unpack.h"

struct unpack_options {
	const char *platform;
};

static double seconds_since(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) (now.tv_sec - begin->tv_sec) +
	       (double) (now.tv_nsec - begin->tv_nsec) / 1e9;
}

static int unpack_run(const struct invocation *invocation, struct error *err)
{
	const struct unpack_options *options = invocation->options;
	struct unpack_request request = {
		.image = invocation->arguments[0],
		.bundle = invocation->arguments[1],
		.platform = options->platform,
		.stop = &interrupt_signal,
	};
	struct progress done;
	struct timespec begin;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	interrupt_catch();
	umask(022);
	if (unpack_image(&request, &done, err) < 0)
		return -err->code;
	fprintf(stderr, "unpacked '%s' to '%s': %zu layer%s, %ju entries, %.1f MiB in %.2f s\n",
		request.image, request.bundle, done.layers, done.layers == 1 ? "" : "s",
		(uintmax_t) done.entries, (double) done.bytes / (1 << 20), seconds_since(&begin));
	return 0;
}

static const struct option_row unpack_rows[] = {
	OPTION(unpack_options, platform, "platform", 0, "OS/ARCH[/VARIANT]",
	       "unpack the image for this platform (default: this host's)"),
	OPTIONS_END
};

static const struct command unpack_command = {
	.name = "unpack",
	.arguments = "oci:DIR[:TAG] BUNDLE",
	.summary = "Make a bundle out of an image in an OCI image layout",
	.min_arguments = 2,
	.max_arguments = 2,
	.options = unpack_rows,
	.options_size = sizeof(struct unpack_options),
	.run = unpack_run,
};

static const struct option_row rows[] = {
	OPTION(global_options, root, "store", 0, "DIR",
	       "keep images in DIR (default: /var/lib/coracle, or ~/.local/share/coracle)"),
	OPTION(global_options, root, "root", 0, NULL, NULL),
	LOG_OPTION_ROWS,
	OPTIONS_END
};

static const struct command *const commands[] = {
	&pull_command,
	&unpack_command,
	&ls_command,
	&inspect_command,
	&verify_command,
	&rm_command,
	&gc_command,
	&login_command,
	&logout_command,
	&help_command,
	NULL
};

int main(int argc, char **argv)
{
	static const struct program coracle_unpack = {
		.name = "coracle-unpack",
		.summary = "Brings OCI images, and makes bundles for an OCI runtime out of them",
		.specification = "1.1.0",
		.options = rows,
		.commands = commands,
		.find_root = store_find_root,
	};

	return argc > 0 ? program_main(&coracle_unpack, argv) : EXIT_FAILURE;
}
