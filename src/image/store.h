/* store.h - where pulled images are kept: an OCI image layout that other tools can read
 *
 *	oci-layout, index.json		the names: a descriptor each, annotated with
 *					org.opencontainers.image.ref.name
 *	blobs/ALGORITHM/HEX		whole and verified, by a rename from
 *	partial/ALGORITHM-HEX		what was fetched so far; locked (OFD) while it is written
 *	layers/, erofs/, ...		unpacked once for many bundles (layer_cache.h)
 *	bundles/			which bundles mount those (bundle_record.h)
 *	lock				byte 0: held for reading by all who use the store, for
 *					writing by who removes things; byte 1: held while index.json
 *					is changed
 *
 * Whoever is killed at any moment leaves at most a partial file, which the next pull goes on with,
 * and blobs that no name refers to, which gc removes.  The kernel lets go of a dead holder's
 * locks. */
#ifndef IMAGE_STORE_H
#define IMAGE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "image/digest.h"
#include "image/layout.h"
#include "libocispec/descriptor.h"
#include "libocispec/image.h"

struct store {
	struct layout layout; /* to be read by layout.h and resolve.h */
	int lock_fd;
	char *root;
};

#define STORE_NONE ((struct store){ .layout = { .fd = -1 }, .lock_fd = -1 })
#define auto_store __attribute__((cleanup(store_release))) struct store

enum store_use {
	STORE_SHARED,	 /* to read, and to add to: beside others */
	STORE_EXCLUSIVE, /* to remove blobs: alone */
};

/* The annotation, on a name's descriptor in index.json, of the digest by which the registry knows
 * the name: that of the index of which the descriptor is one platform's manifest. */
#define STORE_PULLED_DIGEST "io.coracle.pulled.digest"
#define STORE_NAME "org.opencontainers.image.ref.name"

/* The store of this user: /var/lib/coracle for the host's root, else (root of a user namespace too)
 * $XDG_DATA_HOME/coracle or ~/.local/share/coracle.  *ret is to be freed. */
int store_find_root(char **ret, struct error *err);

/* Opens the store, which is made where nothing or an empty directory is; any image layout will do.
 * Waits at most three seconds for its lock: -EBUSY. */
int store_open(const char *root, enum store_use use, struct store *ret, struct error *err);
void store_release(struct store *store);

/* Whether the blob is there with this size.  Its content was verified when it came. */
bool store_has_blob(const struct store *store, const struct digest *digest, int64_t size);

/* Adds a small blob that is in memory; its digest must be right.  Another process that adds the
 * same is waited for, three seconds: -EBUSY. */
int store_add_blob(const struct store *store, const struct digest *digest, const void *data,
		   size_t len, struct error *err);

/* Gives the manifest that descriptor tells of the name, instead of what had it for the same
 * platform.  pulled: see STORE_PULLED_DIGEST; NULL: none. */
int store_add_name(const struct store *store, const char *name,
		   const struct oci_descriptor *descriptor, const char *pulled, struct error *err);

/* Takes the name away from all that has it, *ret_n descriptors; the blobs stay until gc.  The name
 * may also be the digest of manifests that are to lose every name; "NAME@DIGEST" takes tags of NAME only. */
int store_remove_name(const struct store *store, const char *name, size_t *ret_n,
		      struct error *err);

/* Whether a descriptor of index.json has the name, or for a name with a digest ("NAME@sha256:...")
 * that digest, in the store or in the registry that it was pulled from. */
bool store_is_named(const struct oci_descriptor *descriptor, const char *name);

/* An annotation's value, or NULL. */
const char *store_annotation(const struct oci_descriptor *descriptor, const char *name);

#endif
