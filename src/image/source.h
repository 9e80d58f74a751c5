/* source.h - where the image is that a reference means: in the store, in a layout of its own, or
 * in an archive, which becomes a layout for as long as the source is open */
#ifndef IMAGE_SOURCE_H
#define IMAGE_SOURCE_H

#include <stdbool.h>

#include <signal.h>

#include "base/error.h"
#include "image/archive_place.h"
#include "image/layout.h"
#include "image/store.h"

struct image_source {
	struct store store;	    /* of a name in a registry; else STORE_NONE */
	struct layout own;	    /* of oci:DIR and of archives; else LAYOUT_NONE */
	struct layout layout;	    /* either's, not to be released */
	char *tag;		    /* for image_resolve(); NULL: none was given */
	bool is_missing;	    /* nothing in the store has the name */
	struct archive_place place; /* of the layout that an archive was turned into */
};

#define IMAGE_SOURCE_NONE                              \
	((struct image_source){ .store = STORE_NONE,   \
				.own = LAYOUT_NONE,    \
				.layout = LAYOUT_NONE, \
				.place = ARCHIVE_PLACE_NONE })
#define auto_image_source __attribute__((cleanup(image_source_release))) struct image_source

/* Opens the store at store_root, or the layout.  A short name is completed as for a pull: to the
 * first of the names it may mean that the store has.  Whether the image is there for a platform,
 * image_resolve() tells.  *stop (or NULL) ends the wait for an archive that is a pipe. */
int image_source_open(const char *image, const char *store_root, const volatile sig_atomic_t *stop,
		      struct image_source *ret, struct error *err);
void image_source_release(struct image_source *source);

#endif
