/* root.h - a root of a test's own, and a look at what is in it */
#ifndef TESTS_UNIT_IMAGE_ROOT_H
#define TESTS_UNIT_IMAGE_ROOT_H

#include <sys/stat.h>

/* Makes it; root_fd is open on it until root_leave() removes it. */
void root_enter(void);
void root_leave(void);

extern int root_fd;
extern char root_path[64];

/* Makes a file with that content, and the directories on the way to it. */
void root_write(const char *path, const char *content);

/* What is there: "f" a file, "d" a directory, "l" a link, "p" a fifo, "-" nothing. */
const char *root_kind(const char *path);

/* A file's content, in a buffer that the next call overwrites. */
const char *root_read(const char *path);

struct stat root_stat(const char *path);

#endif
