/* convert.h - an image's configuration becomes a bundle's config.json (conversion.md)
 *
 * What the image does not say is libocispec's default configuration with these differences: no
 * terminal, so that it runs with any standard input and output; a writable root; the host's limits;
 * a seccomp profile; and what engines give a container by default: fourteen capabilities, and
 * programs may gain privileges by set-id bits (sudo, su and ping in images rely on both).
 * docs/unpack.md lists every rule. */
#ifndef IMAGE_CONVERT_H
#define IMAGE_CONVERT_H

#include "base/error.h"
#include "image/settings.h"
#include "libocispec/image.h"
#include "libocispec/runtime.h"

/* Fills *ret, to be released with oci_release().  root_fd is the root that the image's layers made,
 * where users are looked up; a working directory that is missing there is made.  What the settings
 * say wins over the image.  name, which may be any string, is the host name where they have none:
 * what a host name cannot hold is left out.
 *
 * Rootless, the caller's user and group become the image's user and group, and so the only ones
 * that there are in the container. */
int convert_image(const struct oci_image *image, int root_fd, const char *name,
		  const struct settings *settings, struct oci_config *ret, struct error *err);

/* The parts that have files of their own. */
void convert_annotations(const struct oci_image *image, struct oci_string_map *ret);
int convert_volumes(const struct oci_image_run *run, int root_fd, struct oci_config *config,
		    struct error *err);

#endif
