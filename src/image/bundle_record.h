/* bundle_record.h - which bundles mount what the store keeps
 *
 *	STORE/bundles/HEX	a symbolic link to the bundle; HEX is the SHA-256 of its path
 *
 * It is written before the bundle appears, and who writes it holds the store's lock (STORE_SHARED):
 * so gc, which alone may remove layers, sees every bundle that mounts them.  A bundle that was
 * moved is recorded anew when it is mounted. */
#ifndef IMAGE_BUNDLE_RECORD_H
#define IMAGE_BUNDLE_RECORD_H

#include "base/error.h"
#include "image/store.h"
#include "libocispec/types.h"

/* Notes that the bundle at this absolute path mounts layers or block images of the store. */
int bundle_record_add(const char *store, const char *bundle, struct error *err);

/* Forgets it; where there is no such record nothing is done. */
void bundle_record_drop(const char *store, const char *bundle);

/* The paths of all that are recorded, into *ret, which is to be freed with its strings. */
int bundle_record_list(const struct store *store, struct oci_strings *ret, struct error *err);

#endif
