/* store_list.c - see store_list.h */
#include "image/store_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "libocispec/document.h"

static void add_blob(const struct store *store, const struct oci_descriptor *blob,
		     struct store_item *item)
{
	struct digest digest;
	struct error ignored;

	item->size += blob->size;
	if (digest_parse(blob->digest, &digest, &ignored) < 0 ||
	    !store_has_blob(store, &digest, blob->size))
		item->is_whole = false;
}

static void add_manifest(const struct store *store, const struct oci_descriptor *descriptor,
			 struct store_item *item)
{
	struct oci_manifest manifest = { 0 };
	struct error ignored;

	if (layout_read(&store->layout, descriptor, DOCUMENT_MANIFEST, &manifest, &ignored) < 0) {
		item->is_whole = false;
		return;
	}
	add_blob(store, manifest.config, item);
	for (size_t i = 0; i < manifest.layers.n; i++)
		add_blob(store, &manifest.layers.items[i], item);
	item->layers = manifest.layers.n;
	oci_release(&oci_manifest_desc, &manifest);
}

static void fill(const struct store *store, const struct oci_descriptor *descriptor,
		 struct store_item *item)
{
	const char *name = store_annotation(descriptor, STORE_NAME);
	const struct oci_platform *platform = descriptor->platform;

	item->name = xstrdup(name ? name : "<none>");
	item->digest = xstrdup(descriptor->digest);
	item->is_whole = true;
	if (platform)
		platform_text(platform->os, platform->architecture, platform->variant,
			      item->platform);
	add_blob(store, descriptor, item);
	if (document_kind(descriptor->media_type) == DOCUMENT_MANIFEST)
		add_manifest(store, descriptor, item);
}

static int compare(const void *a, const void *b)
{
	const struct store_item *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->platform, y->platform);
}

int store_list(const struct store *store, struct store_item **ret, size_t *ret_n, struct error *err)
{
	struct oci_index index = { 0 };

	if (layout_read_index(&store->layout, &index, err) < 0)
		return fail_in(err, "store '%s'", store->root);
	*ret_n = index.manifests.n;
	*ret = xcalloc(*ret_n + 1, sizeof(**ret));
	for (size_t i = 0; i < *ret_n; i++)
		fill(store, &index.manifests.items[i], &(*ret)[i]);
	qsort(*ret, *ret_n, sizeof(**ret), compare);
	oci_release(&oci_index_desc, &index);
	return 0;
}

void store_items_free(struct store_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(items[i].name);
		free(items[i].digest);
	}
	free(items);
}
