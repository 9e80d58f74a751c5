/* resolve.h - from a reference to one image: tag, platform, manifest, configuration */
#ifndef IMAGE_RESOLVE_H
#define IMAGE_RESOLVE_H

#include "base/error.h"
#include "image/layout.h"
#include "image/platform.h"
#include "libocispec/image.h"

/* An image of which every document was verified; its layers were not looked at yet. */
struct image {
	struct oci_descriptor descriptor; /* of the manifest */
	struct oci_manifest manifest;
	struct oci_image config;
};

#define auto_image __attribute__((cleanup(image_release))) struct image

/* Finds the image in the layout.  tag is the annotation org.opencontainers.image.ref.name, or ends
 * in "@DIGEST" of the manifest, or of the index that it was pulled by; without a tag (NULL) the
 * only image is meant, or else the one tagged "latest".  Among several the best for `wanted` is
 * taken, through nested indexes; attestations are passed over.  -ENOENT (class image) when none
 * fits; the message lists the tags or the platforms there are. */
int image_resolve(const struct layout *layout, const char *tag, const struct platform *wanted,
		  struct image *ret, struct error *err);
void image_release(struct image *image);

/* The parts of it, for an image that is not in a layout yet: the best of an index for `wanted`
 * (-ENOENT), and whether a manifest is an image's, and its configuration fits it and `wanted`. */
int image_choose(const struct oci_index *index, const struct platform *wanted,
		 const struct oci_descriptor **ret, struct error *err);
int image_check_manifest(const struct oci_manifest *manifest, struct error *err);
int image_check_config(const struct image *image, const struct platform *wanted, struct error *err);

#endif
