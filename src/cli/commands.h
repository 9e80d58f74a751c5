/* commands.h - coracle's commands, one a file */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/command.h"

extern const struct command checkpoint_command;
extern const struct command completion_command;
extern const struct command create_command;
extern const struct command delete_command;
extern const struct command exec_command;
extern const struct command events_command;
extern const struct command features_command;
extern const struct command kill_command;
extern const struct command list_command;
extern const struct command mounts_command;
extern const struct command pause_command;
extern const struct command ps_command;
extern const struct command restore_command;
extern const struct command resume_command;
extern const struct command run_command;
extern const struct command spec_command;
extern const struct command start_command;
extern const struct command state_command;
extern const struct command update_command;

#endif
