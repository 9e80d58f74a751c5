/* checkpoint.c - the command checkpoint */
#include "container/checkpoint.h"
#include "cli/commands.h"
#include "cli/criu_options.h"

const char *const criu_cgroups_mode_names[] = {
	[CRIU_CGROUPS_AUTO] = "auto",	  [CRIU_CGROUPS_SOFT] = "soft",
	[CRIU_CGROUPS_FULL] = "full",	  [CRIU_CGROUPS_STRICT] = "strict",
	[CRIU_CGROUPS_IGNORE] = "ignore", [CRIU_CGROUPS_PROPS] = "props",
	[CRIU_CGROUPS_NONE] = "none",	  NULL,
};

const char *const criu_network_lock_names[] = { "auto", "iptables", "nftables", "skip", NULL };

static int checkpoint_run(const struct invocation *invocation, struct error *err)
{
	return container_checkpoint(invocation->global->root, invocation->arguments[0],
				    invocation->options, err);
}

/* clang-format off */
static const struct option_row rows[] = {
	CRIU_OPTION_ROWS(criu_options, ),
	OPTION(criu_options, leave_running, "leave-running", 0, NULL,
	       "let the container run on afterwards"),
	OPTION(criu_options, pre_dump, "pre-dump", 0, NULL,
	       "dump the memory only, and let the container run on"),
	OPTION(criu_options, parent_path, "parent-path", 0, "DIR",
	       "dump what has changed since the pre-dump in DIR, which is relative to the images"),
	OPTION(criu_options, page_server, "page-server", 0, "ADDRESS:PORT",
	       "send memory to the page server there"),
	OPTION(criu_options, status_fd, "status-fd", 0, "FD",
	       "write a zero byte to FD once lazy pages can be asked for"),
	OPTION(criu_options, tcp_skip_in_flight, "tcp-skip-in-flight", 0, NULL,
	       "leave out TCP connections that are being made"),
	OPTIONS_END
};
/* clang-format on */

const struct command checkpoint_command = {
	.name = "checkpoint",
	.arguments = "ID",
	.summary = "Save a running container to files with criu, and delete it",
	.min_arguments = 1,
	.max_arguments = 1,
	.uses_state = true,
	.options = rows,
	.options_size = sizeof(struct criu_options),
	.run = checkpoint_run,
};
