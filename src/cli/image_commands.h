/* image_commands.h - coracle-unpack's commands, one a file */
#ifndef CLI_IMAGE_COMMANDS_H
#define CLI_IMAGE_COMMANDS_H

#include "cli/command.h"

extern const struct command gc_command;
extern const struct command inspect_command;
extern const struct command login_command;
extern const struct command logout_command;
extern const struct command ls_command;
extern const struct command pull_command;
extern const struct command rm_command;
extern const struct command verify_command;

#endif
