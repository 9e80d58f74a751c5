/* pull_find.h - the first half of a pull: a name in a registry becomes one verified image */
#ifndef IMAGE_PULL_FIND_H
#define IMAGE_PULL_FIND_H

#include "base/error.h"
#include "image/registry.h"
#include "image/resolve.h"
#include "image/store.h"

struct found {
	struct image image;
	struct fetched manifest; /* the documents as they came; data NULL: the store has them */
	struct fetched config;
	char pulled[DIGEST_TEXT_MAX]; /* what the name means in the registry */
};

/* Asks the registry for the tag or digest; when the store has what that means for the platform,
 * no more than for the tag's digest. */
int pull_find(struct registry *registry, const struct reference *reference,
	      const struct store *store, const struct platform *platform, struct found *ret,
	      struct error *err);

/* The same without a registry: whether the store has what the digest means.  Returns 1 when it
 * does, 0 when not. */
int pull_find_here(const char *digest, const struct store *store, const struct platform *platform,
		   struct found *ret);

void found_release(struct found *found);

#endif
