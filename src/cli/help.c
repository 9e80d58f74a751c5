/* help.c - see help.h; and the command that prints it */
#include "cli/help.h"

#include "cli/output.h"

#define COLUMN 30 /* where the explanations begin */
#define COLUMN_STRING "                              "

/* Ends a left column that began at `start` in text, and writes the right one. */
static void right_column(struct str *text, size_t start, const char *explanation)
{
	size_t width = text->len - start;

	if (width + 2 > COLUMN)
		str_printf(text, "\n" COLUMN_STRING);
	else
		str_printf(text, "%*s", (int) (COLUMN - width), "");
	str_printf(text, "%s\n", explanation);
}

static void append_option(struct str *text, const struct option_row *row)
{
	size_t start = text->len;

	if (row->letter)
		str_printf(text, "  -%c, ", row->letter);
	else
		str_printf(text, "      ");
	str_printf(text, "--%s%s%s", row->name, row->value ? " " : "",
		   row->value ? row->value : "");
	right_column(text, start, row->help);
}

static void append_options(struct str *text, const struct option_row *rows)
{
	static const struct option_row help = { .name = "help",
						.letter = 'h',
						.help = "print this help" };

	str_printf(text, "\nOptions:\n");
	for (; rows->kind != OPTION_END; rows++)
		if (rows->help)
			append_option(text, rows);
	append_option(text, &help);
}

void help_of_program(const struct program *program, struct str *ret)
{
	str_printf(ret, "Usage: %s [OPTION...] COMMAND [ARGUMENT...]\n\n%s.\n\nCommands:\n",
		   program->name, program->summary);
	for (size_t i = 0; program->commands[i]; i++) {
		const struct command *command = program->commands[i];
		size_t start = ret->len;

		str_printf(ret, "  %s %s", command->name, command->arguments);
		right_column(ret, start, command->summary);
	}
	append_options(ret, program->options);
	str_printf(ret, "\n'%s COMMAND --help' tells a command's options.\n", program->name);
}

void help_of_command(const struct program *program, const struct command *command, struct str *ret)
{
	str_printf(ret, "Usage: %s %s [OPTION...]%s%s\n\n%s.\n", program->name, command->name,
		   *command->arguments ? " " : "", command->arguments, command->summary);
	append_options(ret, command->options);
}

static int help_run(const struct invocation *invocation, struct error *err)
{
	const char *name = invocation->arguments[0];
	const struct command *command;
	auto_str text = { 0 };

	if (name) {
		int r = command_find(invocation->program, name, &command, err);

		if (r < 0)
			return r;
		help_of_command(invocation->program, command, &text);
	} else {
		help_of_program(invocation->program, &text);
	}
	return output_text(&text, err);
}

static const struct option_row rows[] = { OPTIONS_END };

const struct command help_command = {
	.name = "help",
	.arguments = "[COMMAND]",
	.summary = "Print help, or a command's help",
	.max_arguments = 1,
	.options = rows,
	.run = help_run,
};
