/* exec.c - the command exec */
#include <errno.h>
#include <limits.h>

#include "cli/commands.h"
#include "cli/create_options.h"
#include "container/exec.h"

#define EXEC_FAILED 255 /* as runc: no program's own status in most cases */

struct command_options {
	struct exec_options exec;
	struct option_list env;
	struct option_list additional_gids;
	struct option_list caps;
	struct option_list cgroups;
};

static struct exec_words words(const struct option_list *list)
{
	return (struct exec_words){ list->n, list->items };
}

static int exec_run(const struct invocation *invocation, struct error *err)
{
	const struct command_options *given = invocation->options;
	struct exec_options options = given->exec;
	int status = 0, r;

	options.common.root = invocation->global->root;
	options.common.id = invocation->arguments[0];
	options.args = invocation->arguments + 1;
	options.env = words(&given->env);
	options.additional_gids = words(&given->additional_gids);
	options.caps = words(&given->caps);
	options.cgroups = words(&given->cgroups);
	if (!options.args[0] == !options.process)
		return fail_as(err, ERROR_USAGE, EINVAL,
			       options.process ? "--process and a program are given: which one?"
					       : "needs a program to run, or --process FILE");
	r = preserved_fds_check(options.common.preserve_fds, err);
	if (r == 0)
		r = container_exec(&options, &status, err);
	return r < 0 ? r : status;
}

/* clang-format off */
static const struct option_row rows[] = {
	OPTION(command_options, exec.process, "process", 'p', "FILE",
	       "what to run, as the JSON of a configuration's process"),
	OPTION(command_options, exec.cwd, "cwd", 0, "DIR", "the working directory"),
	OPTION(command_options, env, "env", 'e', "NAME=VALUE", "set a variable; may be repeated"),
	OPTION(command_options, exec.user, "user", 'u', "UID[:GID]", "the user and its group, as numbers"),
	OPTION(command_options, additional_gids, "additional-gids", 'g', "GID",
	       "a further group; may be repeated"),
	OPTION(command_options, caps, "cap", 'c', "NAME", "add a capability; may be repeated"),
	OPTION(command_options, exec.no_new_privs, "no-new-privs", 0, NULL,
	       "no more privileges by executing a program"),
	OPTION(command_options, exec.apparmor, "apparmor", 0, "PROFILE", "the AppArmor profile"),
	OPTION(command_options, exec.process_label, "process-label", 0, "LABEL", "the SELinux label"),
	OPTION(command_options, exec.tty, "tty", 't', NULL, "give it a terminal"),
	OPTION(command_options, exec.common.console_socket, "console-socket", 0, "SOCKET",
	       "send the terminal's master side to this unix socket"),
	OPTION(command_options, exec.common.pidfd_socket, "pidfd-socket", 0, "SOCKET",
	       "send a pidfd of the process to this unix socket"),
	OPTION(command_options, exec.common.pid_file, "pid-file", 0, "FILE",
	       "write the pid of the process to FILE"),
	OPTION(command_options, exec.common.detach, "detach", 'd', NULL,
	       "return once the program runs"),
	OPTION(command_options, exec.common.preserve_fds, "preserve-fds", 0, "N",
	       "pass N descriptors, from 3 on, to the process", .max = PRESERVE_FDS_MAX),
	OPTION(command_options, cgroups, "cgroup", 0, "[CONTROLLER:]PATH",
	       "the cgroup, below the container's"),
	OPTION(command_options, exec.ignore_paused, "ignore-paused", 0, NULL,
	       "in a paused container, wait until it is resumed"),
	OPTION(command_options, exec.common.no_subreaper, "no-subreaper", 0, NULL,
	       "do not adopt the process's orphans"),
	OPTIONS_END
};
/* clang-format on */

const struct command exec_command = {
	.name = "exec",
	.arguments = "ID [PROGRAM [ARGUMENT...]]",
	.summary = "Run a further program in a container",
	.min_arguments = 1,
	.max_arguments = INT_MAX,
	.order = OPTIONS_UNTIL_SECOND,
	.error_status = EXEC_FAILED,
	.uses_state = true,
	.options = rows,
	.options_size = sizeof(struct command_options),
	.run = exec_run,
};
