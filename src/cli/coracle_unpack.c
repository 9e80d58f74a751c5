/* coracle_unpack.c - coracle-unpack: its commands, and the options that stand before them */
#include <stdlib.h>

#include "base/log.h"
#include "cli/bundle_commands.h"
#include "cli/image_commands.h"
#include "image/store.h"

/* clang-format off */
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
	&run_image_command,
	&mount_bundle_command,
	&umount_bundle_command,
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
/* clang-format on */

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
