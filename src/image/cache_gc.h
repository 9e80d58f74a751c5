/* cache_gc.h - removing the unpacked layers and block images that nothing refers to
 *
 * What refers to them: the images that have names in the store, the bundles that it has noted
 * (bundle_record.h), and mounts, in whatever mount namespace, whose bundle is gone. */
#ifndef IMAGE_CACHE_GC_H
#define IMAGE_CACHE_GC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "image/store.h"
#include "image/store_gc.h"
#include "libocispec/types.h"

/* Adds the ChainIDs of what the noted bundles mount to *chains.  A bundle that was moved is noted
 * anew; of one on a file system that is not mounted now the note is believed, and a warning says so.
 * The notes of bundles that are gone are removed, and with them what a killed unpack or run has left
 * there; not if is_dry.  -EBUSY or another error when a bundle is there, but what it mounts cannot be
 * read. */
int cache_mark_bundles(const struct store *store, const struct gc_request *request,
		       struct oci_strings *chains, struct error *err);

/* Removes what chains do not name; adds to *n how many. */
int cache_sweep(const struct store *store, const struct oci_strings *chains, bool is_dry,
		uint64_t *n, struct error *err);

#endif
