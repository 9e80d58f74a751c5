/* resolve.c - see resolve.h */
#include "image/resolve.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "image/store.h"
#include "libocispec/document.h"

/* Digests make a cycle of indexes impossible, but not a long chain. */
#define INDEX_DEPTH_MAX 4

/* No less than what platform_fits() says. */
#define FITS_MAX 16

static const char *tag_of(const struct oci_descriptor *descriptor)
{
	return store_annotation(descriptor, STORE_NAME);
}

/* Provenance and the like, which builders put beside the images that they are about. */
static bool is_attestation(const struct oci_descriptor *descriptor)
{
	const struct oci_platform *platform = descriptor->platform;

	return store_annotation(descriptor, "vnd.docker.reference.type") ||
	       (platform && str_equal(platform->os, "unknown") &&
		str_equal(platform->architecture, "unknown"));
}

static bool is_candidate(const struct oci_descriptor *descriptor)
{
	enum document_kind kind = document_kind(descriptor->media_type);

	return (kind == DOCUMENT_INDEX || kind == DOCUMENT_MANIFEST) && !is_attestation(descriptor);
}

/* A manifest that is not an image's; the type of an image's is that of its configuration, if it is given. */
static bool is_artifact(const struct oci_descriptor *descriptor)
{
	const char *type = descriptor->artifact_type;

	return type && document_kind(type) != DOCUMENT_IMAGE;
}

/* Artifacts count only where there is nothing else: then the manifest tells. */
static bool has_images(const struct oci_descriptor *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_candidate(&items[i]) && !is_artifact(&items[i]))
			return true;
	return false;
}

static bool counts(const struct oci_descriptor *descriptor, bool beside_images)
{
	return is_candidate(descriptor) && !(beside_images && is_artifact(descriptor));
}

/* Reduces the index to what bears the tag; returns how many are left. */
static size_t keep_tagged(struct oci_index *index, const char *tag)
{
	size_t n = 0;

	for (size_t i = 0; i < index->manifests.n; i++) {
		struct oci_descriptor *item = &index->manifests.items[i];

		if (store_is_named(item, tag)) {
			struct oci_descriptor kept = *item;

			*item = index->manifests.items[n];
			index->manifests.items[n++] = kept;
		}
	}
	return n;
}

static size_t count_candidates(const struct oci_index *index)
{
	bool beside_images = has_images(index->manifests.items, index->manifests.n);
	size_t n = 0;

	for (size_t i = 0; i < index->manifests.n; i++)
		n += counts(&index->manifests.items[i], beside_images);
	return n;
}

static bool names_several(const struct oci_index *index)
{
	bool beside_images = has_images(index->manifests.items, index->manifests.n);
	const char *first = NULL;

	for (size_t i = 0; i < index->manifests.n; i++) {
		const char *tag = tag_of(&index->manifests.items[i]);

		if (!counts(&index->manifests.items[i], beside_images))
			continue;
		if (!tag || (first && strcmp(first, tag) != 0))
			return true;
		first = tag;
	}
	return false;
}

static int no_such_tag(const struct oci_index *index, const char *tag, struct error *err)
{
	bool beside_images = has_images(index->manifests.items, index->manifests.n);
	auto_str tags = { 0 };

	for (size_t i = 0; i < index->manifests.n && tags.len < 600; i++) {
		const char *name = tag_of(&index->manifests.items[i]);

		if (name && counts(&index->manifests.items[i], beside_images))
			str_printf(&tags, "%s'%.100s'", tags.len ? ", " : "", name);
	}
	if (!tag)
		return fail_as(err, ERROR_IMAGE, ENOENT,
			       "the layout holds several images and none is tagged 'latest': "
			       "choose one of %s",
			       tags.len ? tags.data : "them by a tag (none has one)");
	return fail_as(err, ERROR_IMAGE, ENOENT, "no image is tagged '%.100s': there %s%s", tag,
		       tags.len ? "are " : "is no tag at all", tags.len ? tags.data : "");
}

/* Leaves in *n, at the index's front, the descriptors that the reference means. */
static int choose_tag(struct oci_index *index, const char *tag, size_t *n, struct error *err)
{
	*n = index->manifests.n;
	if (count_candidates(index) == 0)
		return fail_as(err, ERROR_IMAGE, ENOENT, "the layout holds no image");
	if (!tag && (count_candidates(index) == 1 || !names_several(index)))
		return 0;
	*n = keep_tagged(index, tag ? tag : "latest");
	return *n ? 0 : no_such_tag(index, tag, err);
}

/* A descriptor that does not say its platform is taken where nothing that does fits; one that needs features
 * of the system (os.features: we know of none that we have) where there is nothing else at all. */
static unsigned int fitness(const struct oci_descriptor *descriptor, const struct platform *wanted)
{
	const struct oci_platform *platform = descriptor->platform;
	unsigned int fits;

	if (!platform)
		return FITS_MAX + 1;
	fits = platform_fits(wanted, platform->os, platform->architecture, platform->variant);
	return fits && !platform->os_features.n ? FITS_MAX + 1 + fits : fits;
}

static int no_such_platform(const struct oci_descriptor *items, size_t n,
			    const struct platform *wanted, struct error *err)
{
	bool beside_images = has_images(items, n);
	char text[PLATFORM_TEXT_MAX];
	auto_str offered = { 0 };

	for (size_t i = 0; i < n && offered.len < 600; i++) {
		const struct oci_platform *platform = items[i].platform;

		if (!platform || !counts(&items[i], beside_images))
			continue;
		platform_text(platform->os, platform->architecture, platform->variant, text);
		str_printf(&offered, "%s%s", offered.len ? ", " : "", text);
	}
	platform_text(wanted->os, wanted->architecture, wanted->variant, text);
	return fail_as(err, ERROR_IMAGE, ENOENT, "there is no image for %s: only %s", text,
		       offered.len ? offered.data : "artifacts");
}

static int choose_platform(const struct oci_descriptor *items, size_t n,
			   const struct platform *wanted, const struct oci_descriptor **ret,
			   struct error *err)
{
	bool beside_images = has_images(items, n);
	unsigned int best = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned int fits =
			counts(&items[i], beside_images) ? fitness(&items[i], wanted) : 0;

		if (fits > best) {
			best = fits;
			*ret = &items[i];
		}
	}
	return best ? 0 : no_such_platform(items, n, wanted, err);
}

/* Follows indexes from *index, of which only the first n count, down to a manifest, which is read
 * into *ret; index holds the last index that was read. */
static int find_manifest(const struct layout *layout, struct oci_index *index, size_t n,
			 const struct platform *wanted, struct image *ret, struct error *err)
{
	for (int depth = 0; depth < INDEX_DEPTH_MAX; depth++) {
		struct oci_index next = { 0 };
		const struct oci_descriptor *chosen = NULL;

		if (choose_platform(index->manifests.items, n, wanted, &chosen, err) < 0)
			return -err->code;
		if (document_kind(chosen->media_type) == DOCUMENT_MANIFEST) {
			if (oci_copy(&oci_descriptor_desc, &ret->descriptor, chosen) < 0)
				return fail(err, ENOMEM, "copy a descriptor");
			return layout_read(layout, chosen, DOCUMENT_MANIFEST, &ret->manifest, err);
		}
		if (layout_read(layout, chosen, DOCUMENT_INDEX, &next, err) < 0)
			return -err->code;
		oci_release(&oci_index_desc, index);
		*index = next;
		n = next.manifests.n;
	}
	return fail_as(err, ERROR_IMAGE, ELOOP, "indexes are nested more than %d deep",
		       INDEX_DEPTH_MAX);
}

/* A single manifest does not say its platform; its configuration does. */
static int check_platform(const struct oci_image *config, const struct platform *wanted,
			  struct error *err)
{
	char have[PLATFORM_TEXT_MAX], want[PLATFORM_TEXT_MAX];

	if (platform_fits(wanted, config->os, config->architecture, config->variant))
		return 0;
	if (!*config->os || !*config->architecture)
		return fail_as(err, ERROR_IMAGE, EINVAL,
			       "the image does not say what it is for: its os is '%.30s', its architecture "
			       "'%.30s'",
			       config->os, config->architecture);
	platform_text(config->os, config->architecture, config->variant, have);
	platform_text(wanted->os, wanted->architecture, wanted->variant, want);
	return fail_as(err, ERROR_IMAGE, ENOENT,
		       "the image is for %s, not for %s: --platform %s unpacks it all the same",
		       have, want, have);
}

int image_choose(const struct oci_index *index, const struct platform *wanted,
		 const struct oci_descriptor **ret, struct error *err)
{
	return choose_platform(index->manifests.items, index->manifests.n, wanted, ret, err);
}

/* So that whoever adds the sizes up can. */
static int check_sizes(const struct oci_manifest *manifest, struct error *err)
{
	int64_t left = INT64_MAX;

	for (size_t i = 0; i < manifest->layers.n; i++) {
		if (manifest->layers.items[i].size > left)
			return fail_as(err, ERROR_IMAGE, EFBIG,
				       "its %zu layers have more bytes than a file can have",
				       manifest->layers.n);
		left -= manifest->layers.items[i].size;
	}
	return 0;
}

int image_check_manifest(const struct oci_manifest *manifest, struct error *err)
{
	if (document_kind(manifest->config->media_type) == DOCUMENT_IMAGE)
		return check_sizes(manifest, err);
	return fail_as(err, ERROR_IMAGE, ENOTSUP,
		       "the manifest is an artifact's, not an image's: its configuration is "
		       "'%.100s'",
		       manifest->config->media_type);
}

int image_check_config(const struct image *image, const struct platform *wanted, struct error *err)
{
	size_t layers = image->manifest.layers.n, diff_ids;

	if (check_platform(&image->config, wanted, err) < 0)
		return -err->code;
	diff_ids = image->config.rootfs ? image->config.rootfs->diff_ids.n : 0;
	if (diff_ids != layers)
		return fail_as(err, ERROR_IMAGE, EINVAL,
			       "the manifest has %zu layers, the image configuration %zu diff_ids",
			       layers, diff_ids);
	return 0;
}

static int read_config(const struct layout *layout, const struct platform *wanted,
		       struct image *image, struct error *err)
{
	if (image_check_manifest(&image->manifest, err) < 0 ||
	    layout_read(layout, image->manifest.config, DOCUMENT_IMAGE, &image->config, err) < 0)
		return -err->code;
	return image_check_config(image, wanted, err);
}

int image_resolve(const struct layout *layout, const char *tag, const struct platform *wanted,
		  struct image *ret, struct error *err)
{
	auto_image image = { 0 };
	struct oci_index index = { 0 };
	size_t n;
	int r;

	if (layout_read_index(layout, &index, err) < 0)
		return -err->code;
	r = choose_tag(&index, tag, &n, err);
	if (r == 0)
		r = find_manifest(layout, &index, n, wanted, &image, err);
	oci_release(&oci_index_desc, &index);
	if (r < 0 || read_config(layout, wanted, &image, err) < 0)
		return -err->code;
	*ret = image;
	image = (struct image){ 0 };
	return 0;
}

void image_release(struct image *image)
{
	oci_release(&oci_descriptor_desc, &image->descriptor);
	oci_release(&oci_manifest_desc, &image->manifest);
	oci_release(&oci_image_desc, &image->config);
}
