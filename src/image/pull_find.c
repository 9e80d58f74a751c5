/* pull_find.c - see pull_find.h */
#include "image/pull_find.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "libocispec/document.h"

#define INDEX_DEPTH_MAX 4

static bool has_layers(const struct store *store, const struct image *image)
{
	for (size_t i = 0; i < image->manifest.layers.n; i++) {
		const struct oci_descriptor *layer = &image->manifest.layers.items[i];
		struct digest digest;
		struct error ignored;

		if (digest_parse(layer->digest, &digest, &ignored) < 0 ||
		    !store_has_blob(store, &digest, layer->size))
			return false;
	}
	return true;
}

int pull_find_here(const char *digest, const struct store *store, const struct platform *platform,
		   struct found *ret)
{
	auto_free char *tag = xasprintf("@%s", digest);
	auto_image image = { 0 };
	struct error ignored;

	if (image_resolve(&store->layout, tag, platform, &image, &ignored) < 0 ||
	    !has_layers(store, &image))
		return 0;
	ret->image = image;
	image = (struct image){ 0 };
	if (digest != ret->pulled)
		snprintf(ret->pulled, sizeof(ret->pulled), "%s", digest);
	return 1;
}

/* What a document that came for a descriptor must be. */
static int check_against(const struct fetched *fetched, const struct oci_descriptor *descriptor,
			 struct error *err)
{
	if ((int64_t) fetched->len != descriptor->size)
		return fail_as(err, ERROR_IMAGE, EBADMSG,
			       "the document has %zu bytes, its descriptor says %" PRId64,
			       fetched->len, descriptor->size);
	return 0;
}

static int take_manifest(struct found *found, struct fetched *fetched, const char *media_type,
			 const struct oci_platform *platform, struct error *err)
{
	const struct oci_descriptor descriptor = {
		.media_type = (char *) media_type,
		.digest = fetched->digest,
		.size = (int64_t) fetched->len,
		.platform = (struct oci_platform *) platform,
	};

	if (document_parse(fetched->data, fetched->len, DOCUMENT_MANIFEST, media_type,
			   &found->image.manifest, err) < 0)
		return fail_in(err, "manifest %.19s", fetched->digest);
	if (oci_copy(&oci_descriptor_desc, &found->image.descriptor, &descriptor) < 0)
		return fail(err, ENOMEM, "copy a descriptor");
	found->manifest = *fetched;
	*fetched = (struct fetched){ 0 };
	return image_check_manifest(&found->image.manifest, err);
}

/* Of an index, the manifest for the platform. */
static int descend(struct registry *registry, const struct platform *wanted, int depth,
		   struct fetched *fetched, const char *media_type,
		   const struct oci_platform *platform, struct found *found, struct error *err)
{
	const struct oci_descriptor *chosen = NULL;
	struct oci_index index = { 0 };
	auto_fetched next = { 0 };
	int r;

	if (document_kind(media_type) == DOCUMENT_MANIFEST)
		return take_manifest(found, fetched, media_type, platform, err);
	if (depth == INDEX_DEPTH_MAX)
		return fail_as(err, ERROR_IMAGE, ELOOP, "indexes are nested more than %d deep",
			       INDEX_DEPTH_MAX);
	if (document_parse(fetched->data, fetched->len, DOCUMENT_INDEX, media_type, &index, err) < 0)
		return fail_in(err, "index %.19s", fetched->digest);
	r = image_choose(&index, wanted, &chosen, err);
	if (r == 0)
		r = registry_get_manifest(registry, chosen->digest, &next, err);
	if (r == 0)
		r = check_against(&next, chosen, err);
	if (r == 0)
		r = descend(registry, wanted, depth + 1, &next, chosen->media_type,
			    chosen->platform, found, err);
	oci_release(&oci_index_desc, &index);
	return r;
}

/* A manifest that no index told the platform of has the one of its configuration. */
static void add_platform(struct image *image)
{
	struct oci_platform *platform;

	if (image->descriptor.platform)
		return;
	platform = xcalloc(1, sizeof(*platform));
	platform->os = xstrdup(image->config.os);
	platform->architecture = xstrdup(image->config.architecture);
	if (image->config.variant && *image->config.variant)
		platform->variant = xstrdup(image->config.variant);
	image->descriptor.platform = platform;
}

static int take_config(struct registry *registry, const struct platform *wanted,
		       struct found *found, struct error *err)
{
	const struct oci_descriptor *config = found->image.manifest.config;

	if (registry_get_document(registry, config, &found->config, err) < 0)
		return -err->code;
	if (document_parse(found->config.data, found->config.len, DOCUMENT_IMAGE,
			   config->media_type, &found->image.config, err) < 0)
		return fail_in(err, "image configuration %.19s", config->digest);
	add_platform(&found->image);
	return image_check_config(&found->image, wanted, err);
}

/* The digest of a tag, if the registry tells it without the document. */
static int ask_digest(struct registry *registry, const struct reference *reference,
		      char ret[DIGEST_TEXT_MAX], struct error *err)
{
	const char *tag = reference->tag ? reference->tag : "latest";

	if (reference->digest) {
		snprintf(ret, DIGEST_TEXT_MAX, "%s", reference->digest);
		return 0;
	}
	if (registry_head(registry, tag, ret, err) == 0)
		return 0;
	/* Not every registry answers HEAD; and of one that has nothing GET tells why. */
	*ret = '\0';
	return err->code == EIO || err->code == ENOENT ? 0 : -err->code;
}

static int find(struct registry *registry, const struct reference *reference,
		const struct store *store, const struct platform *platform, struct found *found,
		struct error *err)
{
	const char *tag = reference->tag ? reference->tag : "latest";
	auto_free char *media_type = NULL;
	auto_fetched top = { 0 };

	if (ask_digest(registry, reference, found->pulled, err) < 0)
		return -err->code;
	if (*found->pulled && pull_find_here(found->pulled, store, platform, found))
		return 0;
	if (registry_get_manifest(registry, *found->pulled ? found->pulled : tag, &top, err) < 0)
		return -err->code;
	snprintf(found->pulled, sizeof(found->pulled), "%s", top.digest);
	if (document_identify(top.data, top.len, top.media_type, &media_type, err) < 0 ||
	    descend(registry, platform, 0, &top, media_type, NULL, found, err) < 0)
		return -err->code;
	return take_config(registry, platform, found, err);
}

int pull_find(struct registry *registry, const struct reference *reference,
	      const struct store *store, const struct platform *platform, struct found *ret,
	      struct error *err)
{
	struct found found = { 0 };

	if (find(registry, reference, store, platform, &found, err) < 0) {
		found_release(&found);
		return -err->code;
	}
	*ret = found;
	return 0;
}

void found_release(struct found *found)
{
	image_release(&found->image);
	fetched_release(&found->manifest);
	fetched_release(&found->config);
	*found = (struct found){ 0 };
}
