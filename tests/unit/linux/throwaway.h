/* throwaway.h - namespaces that a test may change, since they end with it */
#ifndef TESTS_LINUX_THROWAWAY_H
#define TESTS_LINUX_THROWAWAY_H

#include <stdbool.h>

/* Moves this process into new namespaces (CLONE_NEW*); a user becomes root of a user namespace
 * first.  False, with the reason on stdout, when that is not allowed. */
bool throwaway_enter(const char *test, int flags);

#define throwaway_enter_or_skip(flags)                 \
	do {                                           \
		if (!throwaway_enter(__func__, flags)) \
			return;                        \
	} while (0)

/* Runs the function in a child, which exits with what it returns; a signal is 128 + its number. */
int in_child(int (*run)(void));

/* The value of a line "name:\tvalue" of /proc/self/status; overwritten by the next call. */
const char *status_line(const char *name);

/* The first line of a file; overwritten by the next call. */
const char *first_line(const char *path);

#endif
