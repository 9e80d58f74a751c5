/* archive_docker.h - what `docker save` and `podman save` write, as a layout */
#ifndef IMAGE_ARCHIVE_DOCKER_H
#define IMAGE_ARCHIVE_DOCKER_H

#include "base/error.h"

/* Makes a layout with one image in the directory: the one called `name` ("busybox:1.36", with or
 * without its registry), or without one (NULL) the only one.  The archive has no digests of its
 * own; the diff_ids in the image's configuration verify its layers when they are unpacked. */
int archive_docker_take(const char *path, const char *name, int dir, struct error *err);

#endif
