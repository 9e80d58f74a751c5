/* store_list.h - what images the store has */
#ifndef IMAGE_STORE_LIST_H
#define IMAGE_STORE_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "image/digest.h"
#include "image/platform.h"
#include "image/store.h"

struct store_item {
	char *name;			  /* "<none>" for a descriptor without one */
	char *digest;			  /* of the manifest or index */
	char platform[PLATFORM_TEXT_MAX]; /* "" when it is not told */
	int64_t size; /* of manifest, configuration and layers, as they are stored */
	size_t layers;
	bool is_whole; /* every blob is there */
};

/* *ret, of *ret_n items in the order of their names, is to be freed with store_items_free(). */
int store_list(const struct store *store, struct store_item **ret, size_t *ret_n,
	       struct error *err);
void store_items_free(struct store_item *items, size_t n);

#endif
