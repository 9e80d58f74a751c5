/* store_gc.h - removing from the store what nothing refers to */
#ifndef IMAGE_STORE_GC_H
#define IMAGE_STORE_GC_H

#include <stdint.h>

#include "base/error.h"
#include "image/store.h"

struct gc_request {
	bool is_dry;	   /* nothing is removed, only counted */
	bool forgets_away; /* also bundles on file systems that are not mounted now */
};

struct gc_result {
	uint64_t blobs;	  /* removed */
	uint64_t partial; /* unfinished ones, removed too */
	uint64_t bytes;	  /* of both */
	uint64_t kept;	  /* blobs */
	uint64_t layers;  /* unpacked ones, and block images, removed */
};

/* Removes the blobs that no name leads to, through indexes, manifests and their subjects, what
 * interrupted pulls left, and unpacked layers that are no such image's and in no bundle's mount.
 * The store must be open STORE_EXCLUSIVE.  Nothing is removed when a document that a name leads to
 * cannot be read: what it refers to is not known. */
int store_gc(const struct store *store, const struct gc_request *request, struct gc_result *ret,
	     struct error *err);

#endif
