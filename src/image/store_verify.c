/* store_verify.c - see store_verify.h */
#include "image/store_verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "image/layer_cache.h"
#include "image/lists.h"
#include "image/store.h"
#include "libocispec/document.h"

#define BUFFER_SIZE ((size_t) 256 << 10)
#define NESTING_MAX 8

struct verifying {
	const struct verify_request *request;
	struct verify_result *result;
	struct oci_strings seen; /* digests, so that shared layers are read once */
};

static bool is_seen(struct verifying *verifying, const char *digest)
{
	for (size_t i = 0; i < verifying->seen.n; i++)
		if (strcmp(verifying->seen.items[i], digest) == 0)
			return true;
	strings_add(&verifying->seen, xstrdup(digest));
	return false;
}

static void tell_bad(struct verifying *verifying, const char *digest, struct error *err)
{
	fail_in(err, "blob %s", digest);
	verifying->result->bad++;
	if (verifying->request->tell)
		verifying->request->tell(verifying->request->context, err);
}

/* Returns 0 when the blob is good. */
static int read_blob(struct verifying *verifying, const struct oci_descriptor *descriptor,
		     struct error *err)
{
	auto_free char *buffer = xcalloc(1, BUFFER_SIZE);
	auto_hash hash = { 0 };
	struct digest digest;
	auto_fd fd = -1;
	ssize_t n;

	if (layout_open_blob(verifying->request->layout, descriptor, &digest, &fd, err) < 0 ||
	    hash_init(&hash, &digest, err) < 0)
		return -err->code;
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	while ((n = read(fd, buffer, BUFFER_SIZE)) > 0) {
		if (verifying->request->stop && *verifying->request->stop)
			return fail(err, EINTR, "interrupted");
		hash_update(&hash, buffer, (size_t) n);
		verifying->result->bytes += (uint64_t) n;
	}
	return n < 0 ? fail_errno(err, "read it") : hash_verify(&hash, "blob", err);
}

static bool is_there(const struct layout *layout, const struct oci_descriptor *descriptor)
{
	char path[DIGEST_PATH_MAX];
	struct digest digest;
	struct error ignored;

	if (digest_parse(descriptor->digest, &digest, &ignored) < 0)
		return false;
	digest_path(&digest, path);
	return faccessat(layout->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int verify(struct verifying *verifying, const struct oci_descriptor *descriptor, int depth,
		  struct error *err);

static int verify_items(struct verifying *verifying, const struct oci_descriptor *items, size_t n,
			bool is_index, int depth, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		/* Of an index only the platforms that were fetched are there. */
		if (is_index && !is_there(verifying->request->layout, &items[i]))
			continue;
		if (verify(verifying, &items[i], depth, err) < 0)
			return -err->code;
	}
	return 0;
}

static int verify_index(struct verifying *verifying, const struct oci_descriptor *descriptor,
			int depth, struct error *err)
{
	struct oci_index index = { 0 };
	int r;

	if (layout_read(verifying->request->layout, descriptor, DOCUMENT_INDEX, &index, err) < 0) {
		tell_bad(verifying, descriptor->digest, err);
		return 0;
	}
	r = verify_items(verifying, index.manifests.items, index.manifests.n, true, depth + 1, err);
	oci_release(&oci_index_desc, &index);
	return r;
}

static int verify_manifest(struct verifying *verifying, const struct oci_descriptor *descriptor,
			   int depth, struct error *err)
{
	struct oci_manifest manifest = { 0 };
	int r;

	/* clang-format off */
	if (layout_read(verifying->request->layout, descriptor, DOCUMENT_MANIFEST, &manifest,
			err) < 0) {
		/* clang-format on */
		tell_bad(verifying, descriptor->digest, err);
		return 0;
	}
	if (verifying->request->chains)
		chains_of_manifest(verifying->request->layout, &manifest,
				   verifying->request->chains);
	r = verify(verifying, manifest.config, depth + 1, err);
	if (r == 0)
		r = verify_items(verifying, manifest.layers.items, manifest.layers.n, false,
				 depth + 1, err);
	oci_release(&oci_manifest_desc, &manifest);
	return r;
}

static int verify(struct verifying *verifying, const struct oci_descriptor *descriptor, int depth,
		  struct error *err)
{
	enum document_kind kind = document_kind(descriptor->media_type);

	if (depth > NESTING_MAX || is_seen(verifying, descriptor->digest))
		return 0;
	verifying->result->blobs++;
	if (kind == DOCUMENT_INDEX)
		return verify_index(verifying, descriptor, depth, err);
	if (kind == DOCUMENT_MANIFEST)
		return verify_manifest(verifying, descriptor, depth, err);
	if (read_blob(verifying, descriptor, err) == 0)
		return 0;
	if (err->code == EINTR)
		return -err->code;
	tell_bad(verifying, descriptor->digest, err);
	return 0;
}

int store_verify(const struct verify_request *request, struct verify_result *ret, struct error *err)
{
	struct verifying verifying = { request, ret, { 0 } };
	struct oci_index index = { 0 };
	bool is_found = !request->tag;
	int r = 0;

	if (layout_read_index(request->layout, &index, err) < 0)
		return -err->code;
	for (size_t i = 0; r == 0 && i < index.manifests.n; i++) {
		if (request->tag && !store_is_named(&index.manifests.items[i], request->tag))
			continue;
		is_found = true;
		r = verify(&verifying, &index.manifests.items[i], 0, err);
	}
	if (r == 0 && !is_found)
		r = fail_as(err, ERROR_IMAGE, ENOENT, "no image is named '%s'", request->tag);
	oci_release(&oci_index_desc, &index);
	for (size_t i = 0; i < verifying.seen.n; i++)
		free(verifying.seen.items[i]);
	free(verifying.seen.items);
	return r;
}
