/* source.c - see source.h */
#include "image/source.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "image/archive.h"
#include "image/registries.h"
#include "libocispec/document.h"

static bool has_name(const struct oci_index *index, const char *name)
{
	for (size_t i = 0; i < index->manifests.n; i++)
		if (store_is_named(&index->manifests.items[i], name))
			return true;
	return false;
}

static int choose_name(const struct reference_list *candidates, struct image_source *source,
		       struct error *err)
{
	struct oci_index index = { 0 };

	if (layout_read_index(&source->store.layout, &index, err) < 0)
		return fail_in(err, "store '%s'", source->store.root);
	source->is_missing = true;
	for (size_t i = 0; i < candidates->n && source->is_missing; i++) {
		auto_str name = { 0 };

		reference_text(&candidates->items[i], &name);
		source->is_missing = !has_name(&index, name.data);
		if (i == 0 || !source->is_missing) {
			free(source->tag);
			source->tag = TAKE_PTR(name.data);
		}
	}
	oci_release(&oci_index_desc, &index);
	return 0;
}

static int open_store(const struct reference *reference, const char *root,
		      struct image_source *source, struct error *err)
{
	auto_reference_list candidates = { 0 };
	auto_registries registries = { 0 };

	if (registries_load(&registries, err) < 0 ||
	    registries_complete(&registries, reference, &candidates, err) < 0 ||
	    store_open(root, STORE_SHARED, &source->store, err) < 0)
		return -err->code;
	source->layout = source->store.layout;
	return choose_name(&candidates, source, err);
}

/* Of docker's archives the image was chosen when the layout was made. */
static int open_archive(struct reference *reference, const volatile sig_atomic_t *stop,
			struct image_source *source, struct error *err)
{
	if (archive_open(reference, stop, &source->place, err) < 0)
		return -err->code;
	if (layout_open(source->place.path, &source->own, err) < 0)
		return fail_in(err, "archive '%s'", reference->path);
	source->layout = source->own;
	if (reference->transport == TRANSPORT_OCI_ARCHIVE)
		source->tag = TAKE_PTR(reference->tag);
	return 0;
}

int image_source_open(const char *image, const char *store_root, const volatile sig_atomic_t *stop,
		      struct image_source *ret, struct error *err)
{
	auto_image_source source = IMAGE_SOURCE_NONE;
	auto_reference reference = { 0 };
	int r;

	if (reference_parse(image, &reference, err) < 0)
		return -err->code;
	if (reference.transport == TRANSPORT_REGISTRY) {
		r = open_store(&reference, store_root, &source, err);
	} else if (reference.transport == TRANSPORT_LAYOUT) {
		r = layout_open(reference.path, &source.own, err);
		source.layout = source.own;
		source.tag = TAKE_PTR(reference.tag);
	} else {
		r = open_archive(&reference, stop, &source, err);
	}
	if (r < 0)
		return r;
	*ret = source;
	source = IMAGE_SOURCE_NONE;
	return 0;
}

void image_source_release(struct image_source *source)
{
	archive_place_release(&source->place);
	store_release(&source->store);
	layout_release(&source->own);
	free(source->tag);
	*source = IMAGE_SOURCE_NONE;
}
