/* error.h - how every function of coracle says what went wrong, and to what
 *
 * A function that can fail returns 0 (or a useful positive value) or the negative errno that it
 * has put into *err.  The caller owns the struct, on its stack; there is nothing to free, and
 * init sends it to the host as one packet.  Only cli/ prints errors. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>

enum error_class {
	ERROR_KERNEL, /* the kernel refused; the default */
	ERROR_USAGE,  /* the command line */
	ERROR_CONFIG, /* a value in config.json or another document */
	ERROR_BUNDLE, /* a file of the bundle: missing, not readable, not executable */
	ERROR_CGROUP,
	ERROR_HOOK,
	ERROR_STATE, /* the container is not there, or not in the state this needs */
	ERROR_IMAGE,
};

struct error {
	int code; /* errno, > 0 once set */
	enum error_class class;
	char where[128]; /* the JSON path or the file that is to blame, or "" */
	char text[1024]; /* the message, outermost context first */
};

/* Each sets *err and returns -code.  A message says what was being done to what, names in
 * single quotes, and has no newline.  One that is too long loses its middle. */
int fail(struct error *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int fail_as(struct error *err, enum error_class class, int code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* As fail(), with errno as the code and its text behind the message. */
int fail_errno(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A value at `where` (a JSON path such as "mounts[2].type") is to blame: class ERROR_CONFIG,
 * and the text begins with the path. */
int fail_at(struct error *err, int code, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Puts a context in front of the message that *err already holds; code and class stay. */
int fail_in(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Gives the error already in *err a class (and, unless NULL, its `where`); returns -code. */
int fail_class(struct error *err, enum error_class class, const char *where);

/* Whoever is to blame, the kernel too: this is the place in the document that was being followed.  One that
 * the error has already is nearer.  The text stays, and so do code and class; returns -code. */
int fail_place(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "kernel", "usage", ...: stable, for machines. */
const char *error_class_name(enum error_class class);

#endif
