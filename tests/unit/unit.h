/* unit.h - what every unit test program shares: running its suites, finding its data */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>

#undef fail /* libcheck's old macro; base/error.h has a function of that name */

/* Runs the suites of a NULL-terminated array and returns the exit status: 0 when all passed, 77
 * (automake's "skipped") when there was nothing to run, else 1.  Each test runs in a process of its
 * own unless CK_FORK=no asks otherwise.  argv[1], if given, is the one suite to run. */
int unit_main(Suite *(*const suites[])(void), int argc, char **argv);

/* Ends the running test as passed, after saying on stdout why it cannot run here. */
#define unit_skip(...)                                   \
	do {                                             \
		unit_say_skipped(__func__, __VA_ARGS__); \
		return;                                  \
	} while (0)
void unit_say_skipped(const char *test, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A mount namespace of the test's own, of which the host sees nothing.  False with errno where it may not have
 * one, or its root is no mount (a chroot, as packages are built in). */
bool unit_own_mounts(void);

#define unit_own_mounts_or_skip()                                       \
	do {                                                            \
		if (!unit_own_mounts())                                 \
			unit_skip("no mount namespace of its own: %m"); \
	} while (0)

/* A new terminal, as its master, to be closed; -1 where there is no devpts (a chroot, too). */
int unit_terminal(void);

/* The path of a file of the source tree ("tests/data/..."), under $srcdir or "." when that is not
 * set.  The answer is overwritten by the next call. */
const char *unit_path(const char *path);

/* The content of a file of the source tree, NUL-terminated, to be freed; fails the test when it
 * cannot be read.  ret_len may be NULL. */
char *unit_read(const char *path, size_t *ret_len);

#endif
