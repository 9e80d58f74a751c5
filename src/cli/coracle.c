/* coracle.c - the runtime: its commands, and the options that stand before them */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/privilege.h"
#include "base/text.h"
#include "cgroup/driver.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "libocispec/default_config.h"
#include "linux/seccomp.h"

static const char *const cgroup_manager_names[] = {
	[CGROUP_MANAGER_CGROUPFS] = "cgroupfs",
	[CGROUP_MANAGER_SYSTEMD] = "systemd",
	[CGROUP_MANAGER_DISABLED] = "disabled",
	NULL,
};

static const char *const rootless_names[] = { "auto", "true", "false", NULL };

/* clang-format off */
static const struct option_row rows[] = {
	OPTION(global_options, root, "root", 0, "DIR",
	       "where containers' state is kept (default: /run/coracle)"),
	LOG_OPTION_ROWS,
	OPTION(global_options, cgroup_manager, "cgroup-manager", 0, "NAME",
	       "who makes cgroups: cgroupfs (the default), systemd or disabled",
	       .choices = cgroup_manager_names),
	OPTION_CONSTANT(global_options, cgroup_manager, "systemd-cgroup", 0, CGROUP_MANAGER_SYSTEMD,
			"the same as --cgroup-manager systemd"),
	OPTION(global_options, rootless, "rootless", 0, "WHETHER",
	       "true, false or auto: accepted, and found out in any case",
	       .choices = rootless_names),
	OPTION(global_options, criu, "criu", 0, "PROGRAM", "accepted: criu is the one in PATH"),
	OPTIONS_END
};

static const struct command *const commands[] = {
	&create_command,
	&start_command,
	&run_command,
	&exec_command,
	&state_command,
	&kill_command,
	&pause_command,
	&resume_command,
	&update_command,
	&events_command,
	&mounts_command,
	&checkpoint_command,
	&restore_command,
	&delete_command,
	&list_command,
	&ps_command,
	&spec_command,
	&features_command,
	&completion_command,
	&help_command,
	NULL,
};
/* clang-format on */

static int find_root(char **ret_root, struct error *err)
{
	const char *runtime_dir = getenv("XDG_RUNTIME_DIR");
	bool has_runtime_dir = runtime_dir && *runtime_dir == '/';

	if (geteuid() == 0 && (!has_runtime_dir || !is_unprivileged())) {
		*ret_root = xstrdup("/run/coracle");
		return 0;
	}
	if (!has_runtime_dir)
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "no place for the state: give --root DIR, or set XDG_RUNTIME_DIR");
	*ret_root = xasprintf("%s/coracle", runtime_dir);
	return 0;
}

static void add_versions(struct str *text)
{
	char version[16];

	if (seccomp_version_read(version, sizeof(version)) == 0)
		str_printf(text, "libseccomp: %s\n", version);
}

int main(int argc, char **argv)
{
	static const struct program coracle = {
		.name = "coracle",
		.summary = "Runs containers as the OCI runtime specification says",
		.specification = OCI_RUNTIME_VERSION,
		.options = rows,
		.commands = commands,
		.find_root = find_root,
		.add_versions = add_versions,
	};

	return argc > 0 ? program_main(&coracle, argv) : EXIT_FAILURE;
}
