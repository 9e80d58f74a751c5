/* token.h - from a challenge to the header Authorization */
#ifndef IMAGE_TOKEN_H
#define IMAGE_TOKEN_H

#include "base/error.h"
#include "image/challenge.h"
#include "image/registry.h"

#define TOKEN_BODY_MAX ((size_t) 1 << 20)

/* Answers a Basic challenge with the registry's credentials, and a Bearer challenge with a token
 * from the realm's server, which is given them.  *ret is to be freed, NULL when there is nothing to
 * answer with.  Credentials never go to a realm in clear text, unless the registry is insecure. */
int token_get(struct registry *registry, const struct challenge *challenge, char **ret,
	      struct error *err);

#endif
