/* store_gc.c - mark and sweep; see store_gc.h */
#include "image/store_gc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "image/cache_gc.h"
#include "image/layer_cache.h"
#include "image/lists.h"
#include "libocispec/document.h"
#include "linux/inroot.h"

/* Indexes nest this deep at most: more is taken for an attack. */
#define DEPTH_MAX_GC 8

struct marks {
	const struct store *store;
	struct oci_strings paths;  /* "blobs/sha256/HEX" that stay */
	struct oci_strings chains; /* the ChainIDs of unpacked layers that stay */
};

static int mark_all(struct marks *marks, const struct oci_descriptor *items, size_t n, int depth,
		    struct error *err);

static int mark_index(struct marks *marks, const struct oci_descriptor *descriptor, int depth,
		      struct error *err)
{
	struct oci_index index = { 0 };
	int r = layout_read(&marks->store->layout, descriptor, DOCUMENT_INDEX, &index, err);

	if (r == 0)
		r = mark_all(marks, index.manifests.items, index.manifests.n, depth + 1, err);
	if (r == 0 && index.subject)
		r = mark_all(marks, index.subject, 1, depth + 1, err);
	oci_release(&oci_index_desc, &index);
	return r;
}

static int mark_manifest(struct marks *marks, const struct oci_descriptor *descriptor, int depth,
			 struct error *err)
{
	struct oci_manifest manifest = { 0 };
	int r = layout_read(&marks->store->layout, descriptor, DOCUMENT_MANIFEST, &manifest, err);

	if (r == 0)
		chains_of_manifest(&marks->store->layout, &manifest, &marks->chains);
	if (r == 0)
		r = mark_all(marks, manifest.config, 1, depth + 1, err);
	if (r == 0)
		r = mark_all(marks, manifest.layers.items, manifest.layers.n, depth + 1, err);
	if (r == 0 && manifest.subject)
		r = mark_all(marks, manifest.subject, 1, depth + 1, err);
	oci_release(&oci_manifest_desc, &manifest);
	return r;
}

/* A blob that is not here leads nowhere here: other platforms of an index, foreign layers. */
static int mark(struct marks *marks, const struct oci_descriptor *descriptor, int depth,
		struct error *err)
{
	char path[DIGEST_PATH_MAX];
	struct digest digest;

	if (depth > DEPTH_MAX_GC)
		return fail_as(err, ERROR_IMAGE, ELOOP, "documents are nested more than %d deep",
			       DEPTH_MAX_GC);
	if (digest_parse(descriptor->digest, &digest, err) < 0)
		return -err->code;
	digest_path(&digest, path);
	if (strings_have(&marks->paths, path) ||
	    faccessat(marks->store->layout.fd, path, F_OK, 0) < 0)
		return 0;
	strings_add(&marks->paths, xstrdup(path));
	switch (document_kind(descriptor->media_type)) {
	case DOCUMENT_INDEX:
		return mark_index(marks, descriptor, depth, err);
	case DOCUMENT_MANIFEST:
		return mark_manifest(marks, descriptor, depth, err);
	default:
		return 0;
	}
}

static int mark_all(struct marks *marks, const struct oci_descriptor *items, size_t n, int depth,
		    struct error *err)
{
	for (size_t i = 0; i < n; i++)
		if (mark(marks, &items[i], depth, err) < 0)
			return -err->code;
	return 0;
}

static int remove_file(int dir, const char *name, bool is_dry, uint64_t *count, uint64_t *bytes,
		       struct error *err)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(st.st_mode))
		return 0;
	if (!is_dry && unlinkat(dir, name, 0) < 0)
		return fail_errno(err, "remove '%s' from the store", name);
	*count += 1;
	*bytes += (uint64_t) st.st_size;
	return 0;
}

static DIR *open_dir(const struct store *store, const char *name)
{
	auto_fd fd = inroot_open(store->layout.fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir)
		TAKE_FD(fd);
	return dir;
}

static int sweep(const struct marks *marks, const char *algorithm, bool is_dry,
		 struct gc_result *result, struct error *err)
{
	auto_free char *name = xasprintf("blobs/%s", algorithm);
	auto_dir *dir = open_dir(marks->store, name);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		auto_free char *path = xasprintf("%s/%s", name, entry->d_name);

		if (*entry->d_name == '.')
			continue;
		if (strings_have(&marks->paths, path))
			result->kept++;
		else if (remove_file(dirfd(dir), entry->d_name, is_dry, &result->blobs,
				     &result->bytes, err) < 0)
			return -err->code;
	}
	return 0;
}

static int sweep_partial(const struct store *store, bool is_dry, struct gc_result *result,
			 struct error *err)
{
	auto_dir *dir = open_dir(store, "partial");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (*entry->d_name != '.' && remove_file(dirfd(dir), entry->d_name, is_dry,
							 &result->partial, &result->bytes, err) < 0)
			return -err->code;
	return 0;
}

/* What file_replace_synced() has left of the store's documents when it was killed: nobody writes them while we
 * have the store's lock. */
static int sweep_temporary(const struct store *store, bool is_dry, struct gc_result *result,
			   struct error *err)
{
	auto_dir *dir = open_dir(store, ".");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *name = entry->d_name;

		if ((str_after(name, "index.json.") || str_after(name, "oci-layout.")) &&
		    name[strlen(name) - 1] == '~' &&
		    remove_file(dirfd(dir), name, is_dry, &result->partial, &result->bytes, err) < 0)
			return -err->code;
	}
	return 0;
}

int store_gc(const struct store *store, const struct gc_request *request, struct gc_result *ret,
	     struct error *err)
{
	bool is_dry = request->is_dry;
	struct marks marks = { .store = store };
	struct oci_index index = { 0 };
	int r;

	*ret = (struct gc_result){ 0 };
	if (layout_read_index(&store->layout, &index, err) < 0)
		return -err->code;
	r = mark_all(&marks, index.manifests.items, index.manifests.n, 0, err);
	if (r < 0)
		fail_in(err, "nothing was removed: `verify` tells what is broken, `rm` removes it");
	oci_release(&oci_index_desc, &index);
	if (r == 0 && cache_mark_bundles(store, request, &marks.chains, err) < 0)
		r = fail_in(err,
			    "nothing was removed: what mounts the store's layers is not known");
	if (r == 0)
		r = sweep(&marks, "sha256", is_dry, ret, err);
	if (r == 0)
		r = sweep(&marks, "sha512", is_dry, ret, err);
	if (r == 0)
		r = sweep_partial(store, is_dry, ret, err);
	if (r == 0)
		r = sweep_temporary(store, is_dry, ret, err);
	if (r == 0)
		r = cache_sweep(store, &marks.chains, is_dry, &ret->layers, err);
	strings_release(&marks.paths);
	strings_release(&marks.chains);
	return r;
}
