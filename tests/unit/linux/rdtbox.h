/* rdtbox.h - a directory that is like resctrl, for a test */
#ifndef TESTS_LINUX_RDTBOX_H
#define TESTS_LINUX_RDTBOX_H

/* Its path. */
extern char rdtbox[64];

/* For tcase_add_checked_fixture(): make it, empty, and take it away with what is in it. */
void rdtbox_make(void);
void rdtbox_remove(void);

/* Writes the file `name` in it, made if need be. */
void rdtbox_put(const char *name, const char *text);

#endif
