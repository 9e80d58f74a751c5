/* library.h - a shared library that is opened when it is needed, and what is used of it
 *
 * The caller has a struct of function pointers, and a row for each of them. */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include <stddef.h>

#include "base/error.h"

struct library_symbol {
	const char *name;
	size_t offset; /* of the pointer in the caller's struct */
};

/* Opens the library and fills in the n pointers of `table`.  It is never closed.  -ELIBACC where it is
 * not installed or lacks one of them; the message begins with `purpose`, "to do this".  ret_handle, as
 * dlopen(3) returns it, may be NULL. */
int library_open(const char *library, const char *purpose, const struct library_symbol *symbols,
		 size_t n, void *table, void **ret_handle, struct error *err);

#endif
