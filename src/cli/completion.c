/* completion.c - the command completion: scripts for shells, from the tables of commands and options */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"

/* What completes an option's value, by what help calls it. */
enum value { VALUE_NONE, VALUE_FILE, VALUE_DIRECTORY, VALUE_CHOICE, VALUE_OTHER };

static enum value value_of(const struct option_row *row)
{
	static const char *const files[] = { "FILE", "SOCKET", NULL };

	if (row->choices)
		return VALUE_CHOICE;
	if (!row->value)
		return VALUE_NONE;
	if (str_equal(row->value, "DIR"))
		return VALUE_DIRECTORY;
	for (size_t i = 0; files[i]; i++)
		if (str_equal(row->value, files[i]))
			return VALUE_FILE;
	return VALUE_OTHER;
}

/* Whether the command's first argument is a container that exists. */
static bool takes_container(const struct command *command)
{
	return command->uses_state && strncmp(command->arguments, "ID", 2) == 0 &&
	       command != &create_command && command != &run_command && command != &restore_command;
}

/* The words, with `separator` between them, one of which the command's first argument is: alone ("bash|zsh|fish"),
 * or with a container behind it, and then a file ("add|remove ID FILE").  "": it is none of such. */
static void first_words(struct str *text, const struct command *command, char separator)
{
	size_t len = strcspn(command->arguments, " ");

	if (!memchr(command->arguments, '|', len))
		return;
	for (size_t i = 0; i < len; i++) {
		char c = command->arguments[i];

		str_printf(text, "%c", c == '|' ? separator : c);
	}
}

static bool has_container_behind(const struct command *command)
{
	return strstr(command->arguments, " ID FILE") != NULL;
}

/* In single quotes of a shell. */
static void quote(struct str *text, const char *s)
{
	str_append(text, "'", 1);
	for (; *s; s++)
		if (*s == '\'')
			str_printf(text, "'\\''");
		else
			str_append(text, s, 1);
	str_append(text, "'", 1);
}

static void names(struct str *text, const char *const *list, const char *separator)
{
	for (size_t i = 0; list[i]; i++)
		str_printf(text, "%s%s", i ? separator : "", list[i]);
}

static void command_names(struct str *text, const struct program *program)
{
	for (size_t i = 0; program->commands[i]; i++)
		str_printf(text, "%s%s", i ? " " : "", program->commands[i]->name);
}

/* bash: words of options, and for those with a value what it may be */

static void bash_words(struct str *text, const struct option_row *rows)
{
	for (; rows->kind != OPTION_END; rows++) {
		if (!rows->help)
			continue;
		str_printf(text, "--%s ", rows->name);
		if (rows->letter)
			str_printf(text, "-%c ", rows->letter);
	}
	str_printf(text, "--help -h");
}

static void bash_pattern(struct str *text, const char *command, const struct option_row *row)
{
	str_printf(text, "\t%s:--%s", command, row->name);
	if (row->letter)
		str_printf(text, "|%s:-%c", command, row->letter);
	str_printf(text, ") ");
}

static void bash_values(struct str *text, const char *command, const struct option_row *rows)
{
	for (; rows->kind != OPTION_END; rows++) {
		enum value value = value_of(rows);

		if (!rows->help || value == VALUE_NONE)
			continue;
		bash_pattern(text, command, rows);
		if (value == VALUE_CHOICE) {
			str_printf(text, "COMPREPLY=($(compgen -W '");
			names(text, rows->choices, " ");
			str_printf(text, "' -- \"$cur\")); return");
		} else if (value == VALUE_OTHER) {
			str_printf(text, "return");
		} else {
			/* readline's own: it knows of blanks, quotes and what is below a directory */
			str_printf(text, "compopt -o %s; return",
				   value == VALUE_FILE ? "default" : "dirnames");
		}
		str_printf(text, ";;\n");
	}
}

/* Which options have a value, so that the value is not taken for the command. */
static void bash_valued(struct str *text, const struct option_row *rows)
{
	for (; rows->kind != OPTION_END; rows++)
		if (rows->help && value_of(rows) != VALUE_NONE)
			str_printf(text, "|--%s", rows->name);
}

/* What comes next is known by the word before. */
static void bash_arguments(struct str *text, const char *program, const struct command *command)
{
	auto_str words = { 0 }, pattern = { 0 };

	first_words(&words, command, ' ');
	first_words(&pattern, command, '|');
	if (words.len)
		str_printf(text,
			   "\t%s:*) case $prev in\n\t\t%s) COMPREPLY=($(compgen -W '%s' -- \"$cur\"));;\n",
			   command->name, command->name, words.data);
	if (has_container_behind(command))
		str_printf(text, "\t\t%s) ", pattern.data);
	else if (takes_container(command))
		str_printf(text, "\t%s:*) ", command->name);
	if (has_container_behind(command) || takes_container(command))
		str_printf(text,
			   "COMPREPLY=($(compgen -W \"$(%s \"${root[@]}\" list -q 2>/dev/null)\" -- \"$cur\"));;\n",
			   program);
	if (has_container_behind(command))
		str_printf(text, "\t\t*) compopt -o default;;\n");
	if (words.len)
		str_printf(text, "\t\tesac;;\n");
}

static void bash(const struct program *program, struct str *text)
{
	const char *name = program->name;

	str_printf(text,
		   "# bash completion for %s\n_%s() {\n"
		   "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
		   "\tlocal command='' root=() word i\n"
		   "\t# of --option=value readline makes three words\n"
		   "\t[[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}\n"
		   "\t[[ $cur == = ]] && cur=''\n"
		   "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n\t\tword=${COMP_WORDS[i]}\n"
		   "\t\tcase $word in\n\t\t=) ((i++));;\n\t\t''",
		   name, name);
	bash_valued(text, program->options);
	str_printf(text, ")\n\t\t\t[[ ${COMP_WORDS[i+1]} == = ]] && ((i++))\n\t\t\t((i++))\n"
			 "\t\t\t[[ $word == --root ]] && root=(--root \"${COMP_WORDS[i]}\");;\n"
			 "\t\t-*) ;;\n\t\t*) command=$word; break;;\n"
			 "\t\tesac\n\tdone\n\tCOMPREPLY=()\n\tcase $command:$prev in\n");
	bash_values(text, "", program->options);
	for (size_t i = 0; program->commands[i]; i++)
		bash_values(text, program->commands[i]->name, program->commands[i]->options);
	str_printf(text, "\tesac\n\tcase $command:$cur in\n\t:-*) COMPREPLY=($(compgen -W '");
	bash_words(text, program->options);
	str_printf(text, "' -- \"$cur\"));;\n");
	for (size_t i = 0; program->commands[i]; i++) {
		const struct command *command = program->commands[i];

		str_printf(text, "\t%s:-*) COMPREPLY=($(compgen -W '", command->name);
		bash_words(text, command->options);
		str_printf(text, "' -- \"$cur\"));;\n");
		bash_arguments(text, name, command);
	}
	str_printf(text, "\t:*|help:*) COMPREPLY=($(compgen -W '");
	command_names(text, program);
	str_printf(text, "' -- \"$cur\"));;\n\tesac\n}\ncomplete -F _%s %s\n", name, name);
}

/* zsh: what _arguments understands */

/* Brackets and colons mean something in the specifications. */
static void zsh_text(struct str *text, const char *s)
{
	for (; *s; s++)
		if (*s == '\'')
			str_printf(text, "'\\''");
		else
			str_printf(text, "%s%c", strchr("[]:\\", *s) ? "\\" : "", *s);
}

static void zsh_option(struct str *text, const struct option_row *row, const char *dashes,
		       const char *name)
{
	enum value value = value_of(row);

	str_printf(text, " \\\n\t\t'*%s%s%s[", dashes, name,
		   value == VALUE_NONE	  ? ""
		   : *dashes && dashes[1] ? "="
					  : "+");
	zsh_text(text, row->help);
	str_printf(text, "]");
	if (value != VALUE_NONE) {
		str_printf(text, ":");
		zsh_text(text, row->value);
		str_printf(text, ":");
	}
	if (value == VALUE_FILE)
		str_printf(text, "_files");
	if (value == VALUE_DIRECTORY)
		str_printf(text, "_files -/");
	if (value == VALUE_CHOICE) {
		str_printf(text, "(");
		names(text, row->choices, " ");
		str_printf(text, ")");
	}
	str_printf(text, "'");
}

static void zsh_options(struct str *text, const struct option_row *rows)
{
	for (; rows->kind != OPTION_END; rows++) {
		const char letter[] = { rows->letter, '\0' };

		if (!rows->help)
			continue;
		zsh_option(text, rows, "--", rows->name);
		if (rows->letter)
			zsh_option(text, rows, "-", letter);
	}
	str_printf(text, " \\\n\t\t'(- *)'{-h,--help}'[print help]'");
}

static void zsh_arguments(struct str *text, const char *program, const struct command *command)
{
	auto_str words = { 0 };

	first_words(&words, command, ' ');
	if (words.len)
		str_printf(text, " \\\n\t\t'1:what:(%s)'", words.data);
	if (has_container_behind(command) || takes_container(command))
		str_printf(text, " \\\n\t\t'%d:container:($(%s $root list -q 2>/dev/null))'",
			   words.len ? 2 : 1, program);
	if (has_container_behind(command))
		str_printf(text, " \\\n\t\t'3:file:_files'");
}

static void zsh(const struct program *program, struct str *text)
{
	str_printf(text,
		   "#compdef %s\n_%s() {\n\tlocal state line context\n\tlocal -a root\n"
		   "\ttypeset -A opt_args\n"
		   "\t_arguments -C",
		   program->name, program->name);
	zsh_options(text, program->options);
	str_printf(text, " \\\n\t\t'1:command:->command' '*::argument:->argument'\n"
			 "\tcase $state in\n\tcommand)\n\t\tlocal -a commands=(");
	for (size_t i = 0; program->commands[i]; i++) {
		str_printf(text, "\n\t\t'%s:", program->commands[i]->name);
		zsh_text(text, program->commands[i]->summary);
		str_printf(text, "'");
	}
	str_printf(text,
		   ")\n\t\t_describe command commands;;\n\targument)\n"
		   "\t\troot=(${opt_args[--root]:+--root=$opt_args[--root]})\n\t\tcase $line[1] in\n");
	for (size_t i = 0; program->commands[i]; i++) {
		const struct command *command = program->commands[i];

		str_printf(text, "\t\t%s) _arguments", command->name);
		zsh_options(text, command->options);
		zsh_arguments(text, program->name, command);
		if (command == &help_command) {
			str_printf(text, " \\\n\t\t'1:command:(");
			command_names(text, program);
			str_printf(text, ")'");
		}
		str_printf(text, ";;\n");
	}
	/* from a directory of $fpath the file is the function itself, when it is called first */
	str_printf(text,
		   "\t\tesac;;\n\tesac\n}\n"
		   "if [[ $funcstack[1] == _%s ]]; then _%s \"$@\"; else compdef _%s %s; fi\n",
		   program->name, program->name, program->name, program->name);
}

/* fish: one line an option */

static void fish_options(struct str *text, const char *program, const char *condition,
			 const struct option_row *rows)
{
	for (; rows->kind != OPTION_END; rows++) {
		enum value value = value_of(rows);

		if (!rows->help)
			continue;
		str_printf(text, "complete -c %s -n '%s' -l %s", program, condition, rows->name);
		if (rows->letter)
			str_printf(text, " -s %c", rows->letter);
		if (value == VALUE_FILE)
			str_printf(text, " -r -F");
		else if (value == VALUE_DIRECTORY)
			str_printf(text, " -x -a '(__fish_complete_directories)'");
		else if (value != VALUE_NONE)
			str_printf(text, " -x");
		if (value == VALUE_CHOICE) {
			str_printf(text, " -a '");
			names(text, rows->choices, " ");
			str_printf(text, "'");
		}
		str_printf(text, " -d ");
		quote(text, rows->help);
		str_printf(text, "\n");
	}
}

/* A function that is true if its argument is the command of the line so far; "": there is none yet.
 * fish's own would take the value of an option for the command. */
static void fish_command(struct str *text, const struct program *program)
{
	str_printf(text,
		   "function __%s_command\n\tset -l words (commandline -opc)\n\tset -e words[1]\n"
		   "\twhile set -q words[1]\n\t\tswitch $words[1]\n\t\tcase ''",
		   program->name);
	for (const struct option_row *row = program->options; row->kind != OPTION_END; row++)
		if (row->help && value_of(row) != VALUE_NONE)
			str_printf(text, " --%s", row->name);
	str_printf(text,
		   "\n\t\t\tset -q words[2]; and set -e words[2]\n\t\tcase '-*'\n\t\tcase '*'\n"
		   "\t\t\ttest $words[1] = \"$argv[1]\"\n\t\t\treturn\n\t\tend\n"
		   "\t\tset -e words[1]\n\tend\n\ttest -z \"$argv[1]\"\nend\n");
}

/* A function that prints the ids of the containers that the line's --root has. */
static void fish_containers(struct str *text, const char *name)
{
	str_printf(text,
		   "function __%s_containers\n\tset -l words (commandline -opc)\n"
		   "\tset -l root (string match -- '--root=*' $words)\n"
		   "\tset -l i (contains -i -- --root $words)\n"
		   "\tand set root --root=$words[(math $i + 1)]\n"
		   "\t%s $root list -q 2>/dev/null\nend\n",
		   name, name);
}

static void fish_arguments(struct str *text, const char *program, const char *condition,
			   const struct command *command)
{
	const char *before = "contains -- (commandline -opc)[-1]";
	auto_str words = { 0 };

	first_words(&words, command, ' ');
	if (words.len)
		str_printf(text, "complete -c %s -n '%s; and %s %s' -a '%s'\n", program, condition,
			   before, command->name, words.data);
	if (has_container_behind(command)) {
		str_printf(text, "complete -c %s -n '%s; and not %s %s %s' -F\n", program,
			   condition, before, command->name, words.data);
		str_printf(text, "complete -c %s -n '%s; and %s %s' -a '(__%s_containers)'\n",
			   program, condition, before, words.data, program);
	} else if (takes_container(command)) {
		str_printf(text, "complete -c %s -n '%s' -a '(__%s_containers)'\n", program,
			   condition, program);
	}
}

static void fish(const struct program *program, struct str *text)
{
	const char *name = program->name;
	auto_str none = { 0 };

	str_printf(text, "# fish completion for %s\n", name);
	fish_command(text, program);
	fish_containers(text, name);
	str_printf(text, "complete -c %s -f\n", name);
	str_printf(&none, "__%s_command", name);
	fish_options(text, name, none.data, program->options);
	for (size_t i = 0; program->commands[i]; i++) {
		const struct command *command = program->commands[i];
		auto_str condition = { 0 };

		str_printf(&condition, "__%s_command %s", name, command->name);
		str_printf(text, "complete -c %s -n '%s' -a %s -d ", name, none.data,
			   command->name);
		quote(text, command->summary);
		str_printf(text, "\n");
		fish_options(text, name, condition.data, command->options);
		fish_arguments(text, name, condition.data, command);
		if (command == &help_command) {
			str_printf(text, "complete -c %s -n '%s' -a '", name, condition.data);
			command_names(text, program);
			str_printf(text, "'\n");
		}
	}
}

static int completion_run(const struct invocation *invocation, struct error *err)
{
	static const struct {
		const char *shell;
		void (*write)(const struct program *program, struct str *text);
	} shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };
	const char *shell = invocation->arguments[0];
	auto_str text = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		if (!str_equal(shells[i].shell, shell))
			continue;
		shells[i].write(invocation->program, &text);
		return output_text(&text, err);
	}
	return fail_as(err, ERROR_USAGE, EINVAL, "completion: '%s' is none of bash, zsh, fish",
		       shell);
}

static const struct option_row rows[] = { OPTIONS_END };

const struct command completion_command = {
	.name = "completion",
	.arguments = "bash|zsh|fish",
	.summary = "Print a script that completes commands and options in bash, zsh or fish",
	.min_arguments = 1,
	.max_arguments = 1,
	.options = rows,
	.run = completion_run,
};
