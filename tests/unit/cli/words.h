/* words.h - a command line written as one string */
#ifndef TESTS_UNIT_CLI_WORDS_H
#define TESTS_UNIT_CLI_WORDS_H

#include "base/text.h"

#define WORDS_MAX 16

struct words {
	char text[256];
	char *argv[WORDS_MAX + 1];
};

/* Splits at single spaces, so that two of them make an empty word; "" is no words.  ret->argv
 * points into *ret. */
void words_split(const char *line, struct words *ret);

/* The words in one string, a '|' between them. */
void words_join(char *const *argv, struct str *ret);

#endif
