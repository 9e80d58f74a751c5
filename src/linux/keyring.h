/* keyring.h - a session keyring of the container's own */
#ifndef LINUX_KEYRING_H
#define LINUX_KEYRING_H

#include "base/error.h"

/* Gives the calling process a new, empty session keyring, so that the keys of whoever started
 * the container are not the container's.  It shows as `name` and a random number: of a name that
 * can be guessed, another container could make a keyring before us, and the kernel would join
 * that one.  A kernel without keyrings (or a filter that keeps us from them, and so the container
 * too) is no error; when the user's quota of keys is used up, that is a warning. */
int keyring_apply(const char *name, struct error *err);

#endif
