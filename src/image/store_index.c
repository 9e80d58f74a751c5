/* store_index.c - the names in the store's index.json; see store.h */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "image/lists.h"
#include "image/store.h"
#include "image/store_files.h"
#include "libocispec/document.h"

const char *store_annotation(const struct oci_descriptor *descriptor, const char *name)
{
	for (size_t i = 0; i < descriptor->annotations.n; i++)
		if (strcmp(descriptor->annotations.items[i].name, name) == 0)
			return descriptor->annotations.items[i].value;
	return NULL;
}

bool store_is_named(const struct oci_descriptor *descriptor, const char *name)
{
	const char *at = strchr(name, '@');

	if (str_equal(store_annotation(descriptor, STORE_NAME), name))
		return true;
	return at && (str_equal(descriptor->digest, at + 1) ||
		      str_equal(store_annotation(descriptor, STORE_PULLED_DIGEST), at + 1));
}

/* Holds the index while it is changed.  The lock is of the open file, so of a store that is open twice
 * in one process the second waits for the first, too. */
static int lock_index(const struct store *store, struct error *err)
{
	int r = file_lock_wait(store->lock_fd, LOCK_BYTE_INDEX, true);

	if (r == -EBUSY)
		return fail_as(err, ERROR_STATE, EBUSY,
			       "the index of the store '%s' is being changed by another process",
			       store->root);
	if (r < 0)
		return fail(err, -r, "lock the index of the store '%s': %s", store->root,
			    strerror(-r));
	return 0;
}

static int write_index(const struct store *store, const struct oci_index *index, struct error *err)
{
	auto_free char *json = NULL;
	size_t len;
	int r = oci_print(&oci_index_desc, index, OCI_PRINT_COMPACT, &json, &len);

	if (r < 0)
		return fail(err, -r, "print index.json: %s", strerror(-r));
	return file_replace_synced(store->layout.fd, "index.json", json, len, err);
}

static bool is_same_platform(const struct oci_platform *a, const struct oci_platform *b)
{
	if (!a || !b)
		return true;
	return str_equal(a->os, b->os) && str_equal(a->architecture, b->architecture) &&
	       str_equal(a->variant, b->variant);
}

/* Removes, order kept, what `is_gone` says; returns how many. */
static size_t remove_items(struct oci_index *index,
			   bool (*is_gone)(const struct oci_descriptor *, const void *),
			   const void *what)
{
	size_t n = 0, removed = 0;

	for (size_t i = 0; i < index->manifests.n; i++) {
		if (is_gone(&index->manifests.items[i], what)) {
			oci_release(&oci_descriptor_desc, &index->manifests.items[i]);
			removed++;
		} else {
			index->manifests.items[n++] = index->manifests.items[i];
		}
	}
	index->manifests.n = n;
	return removed;
}

struct named {
	const char *name;
	const struct oci_platform *platform;
};

static bool has_name_and_platform(const struct oci_descriptor *descriptor, const void *what)
{
	const struct named *named = what;

	return str_equal(store_annotation(descriptor, STORE_NAME), named->name) &&
	       is_same_platform(descriptor->platform, named->platform);
}

static void add_item(struct oci_index *index, const char *name,
		     const struct oci_descriptor *descriptor, const char *pulled)
{
	struct oci_descriptor *item;

	index->manifests.items = list_grow(index->manifests.items, index->manifests.n,
					   sizeof(*index->manifests.items));
	item = &index->manifests.items[index->manifests.n];
	if (oci_copy(&oci_descriptor_desc, item, descriptor) < 0)
		abort();
	pairs_set(&item->annotations, xstrdup(STORE_NAME), xstrdup(name));
	if (pulled)
		pairs_set(&item->annotations, xstrdup(STORE_PULLED_DIGEST), xstrdup(pulled));
	index->manifests.n++;
}

static bool has_item(const struct oci_index *index, const struct named *named,
		     const struct oci_descriptor *descriptor, const char *pulled)
{
	for (size_t i = 0; i < index->manifests.n; i++) {
		const struct oci_descriptor *item = &index->manifests.items[i];

		if (has_name_and_platform(item, named) &&
		    str_equal(item->digest, descriptor->digest) &&
		    str_equal(store_annotation(item, STORE_PULLED_DIGEST), pulled))
			return true;
	}
	return false;
}

int store_add_name(const struct store *store, const char *name,
		   const struct oci_descriptor *descriptor, const char *pulled, struct error *err)
{
	const struct named named = { name, descriptor->platform };
	struct oci_index index = { 0 };
	int r;

	if (lock_index(store, err) < 0)
		return -err->code;
	r = layout_read_index(&store->layout, &index, err);
	if (r == 0 && !has_item(&index, &named, descriptor, pulled)) {
		remove_items(&index, has_name_and_platform, &named);
		add_item(&index, name, descriptor, pulled);
		r = write_index(store, &index, err);
	}
	oci_release(&oci_index_desc, &index);
	file_unlock(store->lock_fd, LOCK_BYTE_INDEX);
	return r;
}

/* What another name has with the same digest is not called so. */
static bool is_called(const struct oci_descriptor *descriptor, const void *what)
{
	const char *name = what, *own = store_annotation(descriptor, STORE_NAME);
	size_t len = strcspn(name, "@");

	if (name[len] &&
	    (!own || strncmp(own, name, len) != 0 || (own[len] != ':' && own[len] != '@')))
		return false;
	return store_is_named(descriptor, name) || str_equal(descriptor->digest, name);
}

int store_remove_name(const struct store *store, const char *name, size_t *ret_n, struct error *err)
{
	struct oci_index index = { 0 };
	int r;

	if (lock_index(store, err) < 0)
		return -err->code;
	r = layout_read_index(&store->layout, &index, err);
	*ret_n = r == 0 ? remove_items(&index, is_called, name) : 0;
	if (r == 0 && *ret_n)
		r = write_index(store, &index, err);
	oci_release(&oci_index_desc, &index);
	file_unlock(store->lock_fd, LOCK_BYTE_INDEX);
	return r;
}
