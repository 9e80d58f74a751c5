/* options.h - command-line options from tables: one row an option
 *
 * A row says the option's names, where its value goes in the struct that the table fills, and
 * what help says of it.  The kind of the value is taken from the C member's type:
 *
 *	bool			a flag: --keep, --keep=true, --keep=false
 *	const char *		a string; it points into argv
 *	unsigned int		a number up to .max (0: up to UINT_MAX); with .choices, an enum:
 *				the index of the name that was given
 *	char *			the same, for a struct of libocispec/
 *	struct oci_i64, oci_u64, oci_u16
 *				a number that may be absent; with .is_bytes it may have a unit ("64M")
 *	struct option_list	every value that was given, in order
 *
 *	static const struct option_row rows[] = {
 *		OPTION(kill_options, all, "all", 'a', NULL, "signal every process"),
 *		OPTIONS_END
 *	};
 *
 * An option that is given twice takes the last value. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "libocispec/types.h"

enum option_kind {
	OPTION_END,
	OPTION_FLAG,
	OPTION_STRING,
	OPTION_NUMBER,
	OPTION_I64,
	OPTION_U64,
	OPTION_U16,
	OPTION_LIST,
	OPTION_SET, /* a flag that stores .set in an unsigned int */
};

/* The values of an option that may be repeated; items, which is to be freed with free(), is an
 * array of n pointers into argv. */
struct option_list {
	size_t n;
	const char **items;
};

struct option_row {
	const char *name; /* without the dashes; NULL: a letter only */
	char letter;	  /* 0: none */
	enum option_kind kind;
	size_t offset;
	const char *value;	    /* what help calls the value; NULL where there is none */
	const char *help;	    /* NULL: another spelling, which help leaves out */
	const char *const *choices; /* ends with NULL */
	unsigned int max;
	unsigned int set;
	bool is_bytes;
	bool may_be_empty;
	bool is_inverse; /* a flag that stores the opposite: --tls-verify=false */
};

/* clang-format off */
#define OPTION_MEMBER(type, member) (((struct type *) NULL)->member)
#define OPTION_KIND(type, member) _Generic(OPTION_MEMBER(type, member),                            \
	bool: OPTION_FLAG,                                                                         \
	const char *: OPTION_STRING,                                                               \
	char *: OPTION_STRING,                                                                     \
	unsigned int: OPTION_NUMBER,                                                               \
	struct oci_i64: OPTION_I64,                                                                \
	struct oci_u64: OPTION_U64,                                                                \
	struct oci_u16: OPTION_U16,                                                                \
	struct option_list: OPTION_LIST)
/* clang-format on */

/* Behind help there may be .choices, .max, .is_bytes or .is_inverse. */
#define OPTION(type, member, name_, letter_, value_, ...)                                     \
	{                                                                                     \
		.name = name_, .letter = letter_, .kind = OPTION_KIND(type, member),          \
		.offset = offsetof(struct type, member), .value = value_, .help = __VA_ARGS__ \
	}
/* A flag that puts the enum constant set_ where another option has its own. */
/* clang-format off */
#define OPTION_CONSTANT(type, member, name_, letter_, set_, help_)                                 \
	{                                                                                          \
		.name = name_, .letter = letter_,                                                  \
		.kind = _Generic(OPTION_MEMBER(type, member), unsigned int: OPTION_SET),           \
		.offset = offsetof(struct type, member), .set = set_, .help = help_                \
	}
#define OPTIONS_END { .kind = OPTION_END }
/* clang-format on */

enum option_order {
	OPTIONS_ANYWHERE,     /* before, between and behind the arguments */
	OPTIONS_FIRST,	      /* the first argument ends them */
	OPTIONS_UNTIL_SECOND, /* the second does */
	OPTIONS_HELP,	      /* none but those for help: what looks like another is an argument */
};

/* Reads argv (NULL-terminated; the program's or command's own name is not in it) into object,
 * the struct that rows describe.  "--" ends the options.  The arguments are moved to the front of
 * argv, which NULL ends again.  Returns how many they are, or -EINVAL of class usage, naming the
 * option.  --help, -h, --usage and -? are known without a row: then *ret_help is true and the rest
 * unread. */
int options_parse(const struct option_row *rows, enum option_order order, void *object, char **argv,
		  bool *ret_help, struct error *err);

/* Frees the lists that options_parse() made in object. */
void options_release(const struct option_row *rows, void *object);

/* The row with that long name, hidden ones too; NULL: none. */
const struct option_row *option_find(const struct option_row *rows, const char *name, size_t len);

#endif
