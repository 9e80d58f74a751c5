/* help.h - help, out of the tables of options and commands */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "base/text.h"
#include "cli/command.h"

/* The program's usage, its commands, and the options that stand before the command. */
void help_of_program(const struct program *program, struct str *ret);

/* The command's usage and options. */
void help_of_command(const struct program *program, const struct command *command, struct str *ret);

#endif
