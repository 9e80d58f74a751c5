/* cache_save.h - what was made in the store's caches goes to disk, and then gets its name
 *
 * So what has its name is whole after a power cut too. */
#ifndef IMAGE_CACHE_SAVE_H
#define IMAGE_CACHE_SAVE_H

#include <signal.h>
#include <stddef.h>

#include "base/error.h"
#include "image/staging.h"

/* Commits n directories that stand beside each other, each of which has the directory NAME, and beside it gets
 * the digests of its files (tree_sums.h).  All are synced at once: what that costs does not grow with
 * their number.  On failure, and when *stop (which may be NULL) is set, the others stay uncommitted. */
int cache_save(struct staging *items, size_t n, const char *name, const volatile sig_atomic_t *stop,
	       struct error *err);

#endif
