/* bundle_commands.h - coracle-unpack's commands that make, mount and run bundles, one a file */
#ifndef CLI_BUNDLE_COMMANDS_H
#define CLI_BUNDLE_COMMANDS_H

#include "cli/command.h"

extern const struct command mount_bundle_command;
extern const struct command run_image_command;
extern const struct command umount_bundle_command;
extern const struct command unpack_command;

#endif
