/* archive.h - images in tar archives, turned into layouts
 *
 * oci-archive: the archive is a layout as it is.  docker-archive: what `docker save` wrote,
 * manifest.json and the files that it names; of newer ones, which are layouts too, manifest.json
 * counts all the same, for it names what the user named. */
#ifndef IMAGE_ARCHIVE_H
#define IMAGE_ARCHIVE_H

#include <signal.h>

#include "base/error.h"
#include "image/archive_place.h"
#include "image/reference.h"

/* Makes a layout in *ret, which goes when the caller releases it.  Nothing is verified yet but that no
 * name leads out of it.  The file may be a pipe; -EINTR when *stop (or NULL) is set while that is waited for. */
int archive_open(const struct reference *reference, const volatile sig_atomic_t *stop,
		 struct archive_place *ret, struct error *err);

#endif
