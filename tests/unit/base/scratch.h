/* scratch.h - a directory of a test's own, gone with the test */
#ifndef TESTS_UNIT_BASE_SCRATCH_H
#define TESTS_UNIT_BASE_SCRATCH_H

#include <stddef.h>

/* Makes it and makes it the current directory; its path is in scratch_path. */
void scratch_enter(void);

/* Removes it. */
void scratch_leave(void);

extern char scratch_path[64];

/* Makes the file path with that content; fails the test when it cannot. */
void scratch_write(const char *path, const char *content);

/* The content of a file, in a buffer that the next call overwrites. */
const char *scratch_read(const char *path);

#endif
