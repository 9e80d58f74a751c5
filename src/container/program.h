/* program.h - find the program that process.args names, as a shell would */
#ifndef CONTAINER_PROGRAM_H
#define CONTAINER_PROGRAM_H

#include "base/error.h"
#include "libocispec/types.h"

/* Looks for `name` below the current root as the calling user: as a path when it holds a '/',
 * else in the PATH of env (execvp(3)'s default without one).  *ret_path is to be freed.
 *
 * Engines read the error's text: it holds the name and "executable file not found in $PATH", "no
 * such file or directory" or "permission denied"; for a directory "is a directory" too, for docker
 * looks for the one and podman for the other.  Class ERROR_BUNDLE, at process.args[0]. */
int program_find(const char *name, char *const *env, char **ret_path, struct error *err);

/* The value of a variable in env, or NULL; the last one counts. */
const char *env_get(char *const *env, const char *name);

#endif
