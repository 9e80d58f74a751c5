/* toml.h - TOML 1.0 read as a sequence of values, which is all that configuration files need
 *
 * The tables [a.b], [[a.b]], {inline} and dotted keys all become a path, "a.b".  Numbers and dates
 * are skipped over; a key that stands twice is reported twice.  The whole document is checked, but
 * what came before an error was reported already. */
#ifndef IMAGE_TOML_H
#define IMAGE_TOML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum toml_kind {
	TOML_STRING,
	TOML_BOOL,
	TOML_OTHER, /* a number or a date */
};

struct toml_value {
	enum toml_kind kind;
	const char *text; /* of a string; valid during the call */
	bool is_true;
	bool is_item; /* one of an array, in order */
};

struct toml_reader {
	/* [[path]], or an inline table in the array `path`: a new item begins. */
	int (*item)(void *context, const char *path, struct error *err);
	/* key = value, in the table `path` ("" is the root). */
	int (*value)(void *context, const char *path, const char *key,
		     const struct toml_value *value, struct error *err);
	void *context;
};

/* Returns 0, or what a callback returned, or -EINVAL (class config); the message begins with the
 * line. */
int toml_read(const char *text, size_t len, const struct toml_reader *reader, struct error *err);

#endif
