/* layout.c - see layout.h */
#include "image/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "libocispec/desc.h"
#include "libocispec/document.h"
#include "libocispec/image.h"
#include "linux/inroot.h"

#define LAYOUT_FILE_MAX 4096

static const struct media_type {
	const char *name;
	enum document_kind kind;
} media_types[] = {
	{ "application/vnd.oci.image.index.v1+json", DOCUMENT_INDEX },
	{ "application/vnd.docker.distribution.manifest.list.v2+json", DOCUMENT_INDEX },
	{ "application/vnd.oci.image.manifest.v1+json", DOCUMENT_MANIFEST },
	{ "application/vnd.docker.distribution.manifest.v2+json", DOCUMENT_MANIFEST },
	{ "application/vnd.oci.image.config.v1+json", DOCUMENT_IMAGE },
	{ "application/vnd.docker.container.image.v1+json", DOCUMENT_IMAGE },
};

static const struct oci_desc *const tables[] = {
	[DOCUMENT_INDEX] = &oci_index_desc,
	[DOCUMENT_MANIFEST] = &oci_manifest_desc,
	[DOCUMENT_IMAGE] = &oci_image_desc,
};

/* The members that tell an index from a manifest, each optional. */
struct shape {
	char *media_type;
	OCI_LIST(struct oci_descriptor) manifests;
	struct oci_descriptor *config;
};

/* What only the other of the two has: even empty, two programs may take it for the one or the
 * other (CVE-2021-41190). */
struct not_in_index {
	OCI_LIST(struct oci_descriptor) layers;
	struct oci_descriptor *config;
};

struct not_in_manifest {
	OCI_LIST(struct oci_descriptor) manifests;
};

/* clang-format off */
static OCI_DESC(shape,
		OCI_F(shape, media_type, "mediaType"),
		OCI_L(shape, manifests, "manifests", oci_descriptor),
		OCI_O(shape, config, "config", oci_descriptor));
static OCI_DESC(not_in_index,
		OCI_L(not_in_index, layers, "layers", oci_descriptor, FILLED),
		OCI_O(not_in_index, config, "config", oci_descriptor));
static OCI_DESC(not_in_manifest,
		OCI_L(not_in_manifest, manifests, "manifests", oci_descriptor, FILLED));
/* clang-format on */

enum document_kind document_kind(const char *media_type)
{
	for (size_t i = 0; i < ARRAY_SIZE(media_types); i++)
		if (str_equal(media_type, media_types[i].name))
			return media_types[i].kind;
	return DOCUMENT_OTHER;
}

static int parse(const struct oci_desc *table, const char *json, size_t len, void *ret,
		 struct error *err)
{
	struct oci_error why;
	int r = oci_parse(table, ret, json, len, &why);

	if (r < 0)
		return fail_as(err, ERROR_IMAGE, -r, "%s: %s", why.path, why.text);
	return 0;
}

/* Whether a document that can be parsed has members of the other kind, well formed or not. */
static bool is_ambiguous(const char *json, size_t len, enum document_kind kind)
{
	struct not_in_manifest in_manifest = { 0 };
	struct not_in_index in_index = { 0 };
	struct error ignored;
	bool r;

	if (kind == DOCUMENT_MANIFEST)
		r = parse(&not_in_manifest_desc, json, len, &in_manifest, &ignored) < 0 ||
		    in_manifest.manifests.n;
	else
		r = parse(&not_in_index_desc, json, len, &in_index, &ignored) < 0 ||
		    in_index.layers.n || in_index.config;
	oci_release(&not_in_manifest_desc, &in_manifest);
	oci_release(&not_in_index_desc, &in_index);
	return r;
}

/* Refuses what only pretends to be of this kind; `expected` is the descriptor's media type, or
 * NULL. */
static int check_shape(const char *json, size_t len, enum document_kind kind, const char *expected,
		       struct error *err)
{
	struct shape shape = { 0 };
	int r;

	if (kind != DOCUMENT_INDEX && kind != DOCUMENT_MANIFEST)
		return 0;
	if (parse(&shape_desc, json, len, &shape, err) < 0)
		return -err->code;
	if (is_ambiguous(json, len, kind))
		r = fail_as(err, ERROR_IMAGE, EINVAL, "has '%s': is it an index or a manifest?",
			    kind == DOCUMENT_INDEX ? "layers' or 'config" : "manifests");
	else if (shape.media_type && expected && !str_equal(shape.media_type, expected))
		r = fail_as(err, ERROR_IMAGE, EINVAL,
			    "calls itself '%.100s', but its descriptor says '%.100s'",
			    shape.media_type, expected);
	else if (shape.media_type && document_kind(shape.media_type) != kind)
		r = fail_as(err, ERROR_IMAGE, EINVAL, "mediaType '%.100s' is not an image %s's",
			    shape.media_type, kind == DOCUMENT_INDEX ? "index" : "manifest");
	else
		r = 0;
	oci_release(&shape_desc, &shape);
	return r;
}

int layout_open(const char *dir, struct layout *ret, struct error *err)
{
	struct oci_layout file = { 0 };
	auto_free char *json = NULL;
	auto_fd fd = -1;
	size_t len;

	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		fail_errno(err, "open the image layout '%s'", dir);
		return fail_class(err, ERROR_IMAGE, dir);
	}
	if (file_read(fd, "oci-layout", LAYOUT_FILE_MAX, &json, &len, err) < 0 ||
	    parse(&oci_layout_desc, json, len, &file, err) < 0) {
		fail_in(err, "'%s' is not an image layout: oci-layout", dir);
		return fail_class(err, ERROR_IMAGE, dir);
	}
	oci_release(&oci_layout_desc, &file);
	ret->fd = TAKE_FD(fd);
	return 0;
}

void layout_release(struct layout *layout)
{
	cleanup_fd(&layout->fd);
}

int layout_open_blob(const struct layout *layout, const struct oci_descriptor *descriptor,
		     struct digest *ret_digest, int *ret_fd, struct error *err)
{
	char path[DIGEST_PATH_MAX];
	struct stat st;
	auto_fd fd = -1;

	if (digest_parse(descriptor->digest, ret_digest, err) < 0)
		return -err->code;
	digest_path(ret_digest, path);
	fd = inroot_open(layout->fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fail_as(err, ERROR_IMAGE, -fd, "open the blob '%s': %s", path,
			       strerror(-fd));
	if (fstat(fd, &st) < 0)
		return fail_errno(err, "look at the blob '%s'", path);
	if (!S_ISREG(st.st_mode))
		return fail_as(err, ERROR_IMAGE, EINVAL, "the blob '%s' is not a regular file",
			       path);
	if (st.st_size != descriptor->size)
		return fail_as(err, ERROR_IMAGE, EBADMSG,
			       "the blob '%s' has %jd bytes, its descriptor says %" PRId64, path,
			       (intmax_t) st.st_size, descriptor->size);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int layout_read_index(const struct layout *layout, struct oci_index *ret, struct error *err)
{
	auto_free char *json = NULL;
	size_t len;

	if (file_read(layout->fd, "index.json", OCI_DOCUMENT_MAX, &json, &len, err) < 0)
		return fail_class(err, ERROR_IMAGE, "index.json");
	if (check_shape(json, len, DOCUMENT_INDEX, NULL, err) < 0 ||
	    parse(&oci_index_desc, json, len, ret, err) < 0)
		return fail_in(err, "index.json");
	return 0;
}

static int read_verified(const struct layout *layout, const struct oci_descriptor *descriptor,
			 char **ret_json, size_t *ret_len, struct error *err)
{
	auto_free char *json = NULL;
	auto_hash hash = { 0 };
	struct digest digest;
	auto_fd fd = -1;

	if (descriptor->size > (int64_t) OCI_DOCUMENT_MAX)
		return fail_as(err, ERROR_IMAGE, EFBIG,
			       "a document of %" PRId64 " bytes: at most %zu are read",
			       descriptor->size, OCI_DOCUMENT_MAX);
	if (layout_open_blob(layout, descriptor, &digest, &fd, err) < 0 ||
	    file_read_fd(fd, "the blob", OCI_DOCUMENT_MAX, &json, ret_len, err) < 0 ||
	    hash_init(&hash, &digest, err) < 0)
		return -err->code;
	hash_update(&hash, json, *ret_len);
	if (hash_verify(&hash, "blob", err) < 0)
		return -err->code;
	*ret_json = TAKE_PTR(json);
	return 0;
}

int document_parse(const char *json, size_t len, enum document_kind kind, const char *expected,
		   void *ret, struct error *err)
{
	if (check_shape(json, len, kind, expected, err) < 0)
		return -err->code;
	return parse(tables[kind], json, len, ret, err);
}

static const char *guess(const struct shape *shape, const char *said)
{
	if (document_kind(said) != DOCUMENT_OTHER)
		return said;
	if (shape->media_type)
		return shape->media_type;
	if (shape->config)
		return "application/vnd.oci.image.manifest.v1+json";
	return shape->manifests.n ? "application/vnd.oci.image.index.v1+json" : said;
}

int document_identify(const char *json, size_t len, const char *said, char **ret, struct error *err)
{
	struct shape shape = { 0 };
	enum document_kind kind;
	const char *type;

	if (parse(&shape_desc, json, len, &shape, err) < 0)
		return -err->code;
	type = guess(&shape, said);
	kind = document_kind(type);
	if (kind == DOCUMENT_INDEX || kind == DOCUMENT_MANIFEST)
		*ret = xstrdup(type);
	else if (str_after(type, "application/vnd.docker.distribution.manifest.v1"))
		fail_as(err, ERROR_IMAGE, ENOTSUP,
			"the manifest is of Docker's schema 1, which has no digests of its layers' "
			"content: the image has to be pushed again by a newer docker");
	else
		fail_as(err, ERROR_IMAGE, ENOTSUP,
			"'%.100s' is neither an image's index nor its manifest", type);
	oci_release(&shape_desc, &shape);
	return *ret ? 0 : -err->code;
}

int layout_read(const struct layout *layout, const struct oci_descriptor *descriptor,
		enum document_kind kind, void *ret, struct error *err)
{
	static const char *const names[] = {
		[DOCUMENT_INDEX] = "index",
		[DOCUMENT_MANIFEST] = "manifest",
		[DOCUMENT_IMAGE] = "image configuration",
	};
	auto_free char *json = NULL;
	size_t len;

	if (read_verified(layout, descriptor, &json, &len, err) < 0 ||
	    document_parse(json, len, kind, descriptor->media_type, ret, err) < 0)
		return fail_in(err, "%s %.19s", names[kind], descriptor->digest);
	return 0;
}
