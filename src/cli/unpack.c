/* unpack.c - coracle-unpack: the program, and its command unpack */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/command.h"
#include "image/unpack.h"

struct unpack_options {
	const char *platform;
};

static volatile sig_atomic_t stop;

static void ask_to_stop(int signal_)
{
	stop = signal_;
}

/* A signal ends the work at its next step, so that what was made is removed. */
static void catch_signals(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM };
	struct sigaction action = { .sa_handler = ask_to_stop, .sa_flags = SA_RESTART };
	struct sigaction old;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
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
	const struct unpack_options *options = invocation->options;
	struct unpack_request request = {
		.image = invocation->arguments[0],
		.bundle = invocation->arguments[1],
		.platform = options->platform,
		.stop = &stop,
	};
	struct progress done;
	struct timespec begin;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	catch_signals();
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

static const struct option_row rows[] = { LOG_OPTION_ROWS, OPTIONS_END };

static const struct command *const commands[] = { &unpack_command, &help_command, NULL };

int main(int argc, char **argv)
{
	static const struct program coracle_unpack = {
		.name = "coracle-unpack",
		.summary = "Makes bundles for an OCI runtime out of OCI images",
		.specification = "1.1.0",
		.options = rows,
		.commands = commands,
	};

	return argc > 0 ? program_main(&coracle_unpack, argv) : EXIT_FAILURE;
}
