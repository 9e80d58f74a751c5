/* reference.h - where an image is, as the user writes it: "oci:DIR[:TAG]" */
#ifndef IMAGE_REFERENCE_H
#define IMAGE_REFERENCE_H

#include "base/error.h"

/* The first colon behind "oci:" ends DIR, so DIR holds none; TAG may hold more (a layout can be
 * tagged "docker.io/library/busybox:1.36"). */
struct reference {
	char *dir;
	char *tag;		/* NULL: none was given */
};

#define auto_reference __attribute__((cleanup(reference_release))) struct reference

/* -EINVAL (class usage) for what is not of that form. */
int reference_parse(const char *text, struct reference *ret, struct error *err);
void reference_release(struct reference *reference);

#endif
