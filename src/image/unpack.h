/* unpack.h - an image becomes a bundle: the whole way */
#ifndef IMAGE_UNPACK_H
#define IMAGE_UNPACK_H

#include <signal.h>

#include "base/error.h"
#include "image/layer.h"

struct unpack_request {
	const char *image;		/* "oci:DIR[:TAG]" */
	const char *bundle;		/* made by this; must not be there, or be empty */
	const char *platform;		/* "os/architecture[/variant]"; NULL: this host's */
	const volatile sig_atomic_t *stop;	/* as struct progress has it */
};

/* Makes the bundle: config.json and rootfs.  It is there, whole, when this returns 0; on failure
 * nothing is left of it.  *ret tells what was done and what could not be. */
int unpack_image(const struct unpack_request *request, struct progress *ret, struct error *err);

#endif
