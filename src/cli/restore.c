/* restore.c - the command restore */
#include "cli/commands.h"
#include "cli/create_options.h"
#include "cli/criu_options.h"
#include "container/checkpoint.h"

struct restore_options {
	struct create_options create; /* first: create_options_complete() reads it */
	struct criu_options criu;
};

static int restore_run(const struct invocation *invocation, struct error *err)
{
	const struct restore_options *given = invocation->options;
	struct create_options options;
	int r = create_options_complete(invocation, &options, err);
	int status = 0;

	if (r == 0)
		r = container_restore(&options, &given->criu, &status, err);
	return r < 0 ? r : status;
}

/* clang-format off */
static const struct option_row rows[] = {
	OPTION(restore_options, create.bundle, "bundle", 'b', "DIR",
	       "the bundle (default: the current directory)"),
	OPTION(restore_options, create.config, "config", 'f', "FILE",
	       "the configuration (default: config.json in the bundle)"),
	OPTION(restore_options, create.console_socket, "console-socket", 0, "SOCKET",
	       "send the terminal's master side to this unix socket"),
	OPTION(restore_options, create.pidfd_socket, "pidfd-socket", 0, "SOCKET",
	       "send a pidfd of the container's init to this unix socket"),
	OPTION(restore_options, create.pid_file, "pid-file", 0, "FILE",
	       "write the pid of the container's init to FILE"),
	OPTION(restore_options, create.detach, "detach", 'd', NULL, "return once the program runs"),
	OPTION(restore_options, create.no_subreaper, "no-subreaper", 0, NULL,
	       "do not adopt the container's orphaned processes"),
	OPTION(restore_options, create.no_pivot, "no-pivot", 0, NULL,
	       "accepted: criu decides how the root file system is entered"),
	OPTION(restore_options, criu.tcp_close, "tcp-close", 0, NULL,
	       "close the TCP connections that were open"),
	OPTION(restore_options, criu.lsm_profile, "lsm-profile", 0, "TYPE:NAME",
	       "restore with this profile: apparmor:NAME or selinux:CONTEXT"),
	OPTION(restore_options, criu.lsm_mount_context, "lsm-mount-context", 0, "CONTEXT",
	       "restore mounts with this SELinux context"),
	CRIU_OPTION_ROWS(restore_options, criu.),
	OPTIONS_END
};
/* clang-format on */

const struct command restore_command = {
	.name = "restore",
	.arguments = "ID",
	.summary = "Make a container out of what checkpoint saved, and let it run on",
	.min_arguments = 1,
	.max_arguments = 1,
	.uses_state = true,
	.options = rows,
	.options_size = sizeof(struct restore_options),
	.run = restore_run,
};
