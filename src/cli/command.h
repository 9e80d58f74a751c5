/* command.h - what a command is, and the program that is made of a table of them
 *
 * coracle and coracle-unpack are each one struct program.  program_main() does what they share:
 * reads the options that stand before the command, opens the log, finds the command, reads its
 * options and arguments by its table, runs it, and reports the error that ends it.  Help is made
 * of the same tables. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "cli/options.h"

/* The options before the command.  A program's rows name those that it takes. */
struct global_options {
	const char *root; /* coracle: state root, set when the command uses_state */
	const char *log;
	unsigned int log_format;     /* enum log_format */
	unsigned int log_level;	     /* enum log_level */
	unsigned int cgroup_manager; /* enum cgroup_manager */
	unsigned int rootless;	     /* taken for compatibility: the answer is found out */
	const char *criu;	     /* taken for compatibility: criu is found in PATH */
	bool version;
};

struct program;
struct str;

/* What a command's run() is given. */
struct invocation {
	const struct program *program;
	const struct global_options *global;
	const void *options;	/* the struct that the command's rows fill */
	char *const *arguments; /* NULL-terminated; as many as the command allows */
};

struct command {
	const char *name;
	const char *arguments; /* as help writes them: "ID [SIGNAL]"; "" for none */
	const char *summary;   /* one line, no full stop */
	int min_arguments;
	int max_arguments;
	enum option_order order;
	int error_status; /* of the program when run() fails; 0: EXIT_FAILURE */
	bool uses_state;  /* global->root is to be set */
	const struct option_row *options;
	size_t options_size; /* of the struct that the rows fill; it begins zeroed */
	/* Returns the exit status (0 to 255), or the negative errno that is in *err. */
	int (*run)(const struct invocation *invocation, struct error *err);
};

struct program {
	const char *name;
	const char *summary;
	const char *specification;	       /* what --version says behind "spec: " */
	const struct option_row *options;      /* of struct global_options */
	const struct command *const *commands; /* ends with NULL */
	/* The state root where --root is not given, to be freed; NULL: no command uses_state. */
	int (*find_root)(char **ret_root, struct error *err);
	/* Adds lines to what --version prints; NULL: none. */
	void (*add_versions)(struct str *text);
};

/* The rows that both programs have: --log, --log-format, --log-level, --debug, --version. */
extern const char *const log_format_names[];
extern const char *const log_level_names[];

/* clang-format off */
#define LOG_OPTION_ROWS \
	OPTION(global_options, log, "log", 0, "FILE", \
	       "append errors and warnings to FILE"), \
	OPTION(global_options, log_format, "log-format", 0, "FORMAT", \
	       "how lines of the log are written: text (the default) or json", \
	       .choices = log_format_names), \
	OPTION(global_options, log_level, "log-level", 0, "LEVEL", \
	       "least severity that is logged: error, warning (the default) or debug", \
	       .choices = log_level_names), \
	OPTION_CONSTANT(global_options, log_level, "debug", 0, LOG_LEVEL_DEBUG, \
			"the same as --log-level debug"), \
	OPTION(global_options, version, "version", 'v', NULL, "print the version"), \
	OPTION(global_options, version, NULL, 'V', NULL, NULL)
/* clang-format on */

/* Runs the program and returns its exit status.  argv may be reordered. */
int program_main(const struct program *program, char **argv);

/* The command with that name; an error of class usage when there is none. */
int command_find(const struct program *program, const char *name, const struct command **ret,
		 struct error *err);

/* "help [COMMAND]", for the table of either program. */
extern const struct command help_command;

#endif
