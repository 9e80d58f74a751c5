/* each.h - a command's work on one container, or with --regex on all that match */
#ifndef CLI_EACH_H
#define CLI_EACH_H

#include <stdbool.h>

#include "cli/command.h"

/* Calls work() for the container that the invocation's first argument names; with is_regex, for
 * each that it matches.  One that fails does not keep the others: the first error is returned, the
 * rest are warnings. */
int each_container(const struct invocation *invocation, bool is_regex,
		   int (*work)(const char *root, const char *id, const void *arg, struct error *err),
		   const void *arg, struct error *err);

#endif
