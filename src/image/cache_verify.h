/* cache_verify.h - whether what the store has unpacked, and its block images, are still what they were
 * when they were made */
#ifndef IMAGE_CACHE_VERIFY_H
#define IMAGE_CACHE_VERIFY_H

#include "base/error.h"
#include "image/store_verify.h"
#include "libocispec/types.h"

/* Reads what the store has of these ChainIDs, or with NULL all, and adds to *ret; request->tell is told
 * of each bad file, by its path (of those in one directory the first few). */
int cache_verify(const char *store, const struct oci_strings *chains,
		 const struct verify_request *request, struct verify_result *ret,
		 struct error *err);

#endif
