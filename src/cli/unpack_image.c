/* unpack_image.c - the command unpack */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/bundle_commands.h"
#include "cli/unpack_options.h"

struct image_options {
	struct unpack_options unpack; /* first: what the shared rows fill */
	bool umount_on_delete;
};

/* A hook of config.json does it: whatever the runtime is, it knows those. */
static int set_poststop(const struct image_options *options, char program[PATH_MAX],
			struct unpack_request *request, struct error *err)
{
	ssize_t len;

	if (!options->umount_on_delete)
		return 0;
	if (options->unpack.driver != DRIVER_OVERLAY + 1 &&
	    options->unpack.driver != DRIVER_EROFS + 1)
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "--umount-on-delete is for --driver overlay and erofs");
	len = readlink("/proc/self/exe", program, PATH_MAX - 1);
	if (len < 0)
		return fail_errno(err, "find this program's path");
	program[len] = '\0';
	request->poststop = program;
	return 0;
}

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
	char program[PATH_MAX];
	struct progress done;
	struct timespec begin;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	if (set_poststop(invocation->options, program, &request, err) < 0)
		return -err->code;
	if (unpack_options_make(invocation, &request, &done, err) < 0)
		return -err->code;
	fprintf(stderr, "unpacked '%s' to '%s': %zu layer%s, %ju entries, %.1f MiB in %.2f s\n",
		image, bundle, done.layers, done.layers == 1 ? "" : "s", (uintmax_t) done.entries,
		(double) done.bytes / (1 << 20), seconds_since(&begin));
	return 0;
}

static const struct option_row rows[] = {
	UNPACK_OPTION_ROWS("dir"),
	OPTION(image_options, umount_on_delete, "umount-on-delete", 0, NULL,
	       "have the runtime unmount the root when it has deleted the container"),
	OPTIONS_END
};

const struct command unpack_command = {
	.name = "unpack",
	.arguments = "IMAGE BUNDLE",
	.summary = "Make a bundle out of an image",
	.min_arguments = 2,
	.max_arguments = 2,
	.uses_state = true,
	.options = rows,
	.options_size = sizeof(struct image_options),
	.run = unpack_run,
};
