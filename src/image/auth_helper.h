/* auth_helper.h - credential helpers: the programs docker-credential-NAME */
#ifndef IMAGE_AUTH_HELPER_H
#define IMAGE_AUTH_HELPER_H

#include "base/error.h"
#include "image/auth_file.h"

/* Asks the helper for the server's credentials: its standard input is `server`, its answer JSON.
 * None (the helper says "credentials not found") is no error.  Whoever has not answered and
 * ended in thirty seconds is killed: -ETIMEDOUT. */
int helper_get(const char *name, const char *server, struct credentials *ret, struct error *err);

#endif
