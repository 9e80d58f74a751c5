/* archive_docker.c - see archive_docker.h */
#include "image/archive_docker.h"

#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "image/archive_file.h"
#include "libocispec/desc.h"
#include "libocispec/document.h"

/* manifest.json is an array of these. */
struct saved {
	char *config;
	struct oci_strings repo_tags;
	struct oci_strings layers;
};

struct saved_list {
	OCI_LIST(struct saved) items;
};

/* clang-format off */
static OCI_DESC(saved,
		OCI_F(saved, config, "Config", REQUIRED),
		OCI_F(saved, repo_tags, "RepoTags"),
		OCI_F(saved, layers, "Layers"));
static OCI_DESC(saved_list,
		OCI_L(saved_list, items, "items", saved));
/* clang-format on */

/* A file that the manifest names. */
struct part {
	const char *name;
	char hex[65]; /* "": not found yet */
	int64_t size;
	unsigned char magic[4];
	char *link; /* it is another name for this one */
};

struct taking {
	int dir;
	char *json;
	size_t json_len;
	struct part *parts; /* the configuration, then the layers, then what else links lead to */
	size_t n;	    /* without the last */
	size_t n_all;
	size_t first; /* those before it are not looked for */
};

static int take_manifest(void *context, struct archive *archive, struct archive_entry *entry,
			 const char *name, struct error *err)
{
	struct taking *taking = context;

	if (strcmp(name, "manifest.json") != 0 || archive_entry_filetype(entry) != AE_IFREG)
		return 0;
	free(taking->json);
	taking->json = NULL;
	return archive_take_text(archive, OCI_DOCUMENT_MAX, &taking->json, &taking->json_len, err);
}

static struct part *find_part(const struct taking *taking, const char *name)
{
	for (size_t i = taking->first; i < taking->n_all; i++)
		if (strcmp(taking->parts[i].name, name) == 0)
			return &taking->parts[i];
	return NULL;
}

/* "ID/layer.tar" linked to "../OTHER/layer.tar": a layer that is there once. */
static void note_link(struct part *part, struct archive_entry *entry)
{
	const char *target = archive_entry_hardlink(entry);

	if (!target)
		target = archive_entry_symlink(entry);
	while (target && strncmp(target, "../", 3) == 0)
		target += 3;
	free(part->link);
	part->link = target ? xstrdup(target) : NULL;
}

static int take_part(void *context, struct archive *archive, struct archive_entry *entry,
		     const char *name, struct error *err)
{
	struct taking *taking = context;
	struct part *part = find_part(taking, name);

	if (!part)
		return 0;
	if (archive_entry_hardlink(entry) || archive_entry_filetype(entry) == AE_IFLNK) {
		note_link(part, entry);
		return 0;
	}
	if (archive_entry_filetype(entry) != AE_IFREG)
		return fail_as(err, ERROR_IMAGE, EINVAL, "it is no file");
	return archive_take_blob(archive, taking->dir, part->hex, &part->size, part->magic, err);
}

/* A layer may be there once only for several images, and a link lead to another's. */
static int take_targets(const char *path, struct taking *taking, struct error *err)
{
	for (size_t i = 0; i < taking->n; i++) {
		const struct part *part = &taking->parts[i];

		if (!*part->hex && part->link && !find_part(taking, part->link))
			taking->parts[taking->n_all++].name = part->link;
	}
	if (taking->n_all == taking->n)
		return 0;
	taking->first = taking->n;
	if (archive_each(path, take_part, taking, err) < 0)
		return -err->code;
	taking->first = 0;
	return 0;
}

/* A part that has no content of its own is a link, or the same layer a second time. */
static int resolve_part(const struct taking *taking, struct part *part, struct error *err)
{
	const struct part *target = find_part(taking, part->link ? part->link : part->name);

	if (!*part->hex && target && *target->hex) {
		memcpy(part->hex, target->hex, sizeof(part->hex));
		memcpy(part->magic, target->magic, sizeof(part->magic));
		part->size = target->size;
	}
	if (!*part->hex)
		return fail_as(err, ERROR_IMAGE, ENOENT,
			       "manifest.json names '%.100s', which the archive does not have",
			       part->name);
	return 0;
}

static const char *compression_of(const unsigned char magic[4])
{
	if (magic[0] == 0x1f && magic[1] == 0x8b)
		return "+gzip";
	return memcmp(magic, "\x28\xb5\x2f\xfd", 4) == 0 ? "+zstd" : "";
}

static void print_part(struct str *json, const char *type, const struct part *part)
{
	str_printf(json,
		   "{\"mediaType\":\"application/vnd.oci.image.%s\",\"digest\":\"sha256:%s\","
		   "\"size\":%" PRId64 "}",
		   type, part->hex, part->size);
}

static int write_text(int dir, const char *name, const struct str *text, struct error *err)
{
	return file_replace(dir, name, text->data, text->len, 0600, err);
}

/* The manifest is no blob of the archive: it is written here, and named by a digest that anybody
 * can compute. */
static int write_layout(const struct taking *taking, struct error *err)
{
	auto_str manifest = { 0 }, index = { 0 }, version = { 0 };
	auto_free char *path = NULL;
	struct part part = { 0 };

	str_printf(&manifest, "{\"schemaVersion\":2,\"config\":");
	print_part(&manifest, "config.v1+json", &taking->parts[0]);
	str_printf(&manifest, ",\"layers\":[");
	for (size_t i = 1; i < taking->n; i++) {
		auto_free char *type =
			xasprintf("layer.v1.tar%s", compression_of(taking->parts[i].magic));

		str_printf(&manifest, "%s", i > 1 ? "," : "");
		print_part(&manifest, type, &taking->parts[i]);
	}
	str_printf(&manifest, "]}");
	part.size = (int64_t) manifest.len;
	if (sha256_hex(manifest.data, manifest.len, part.hex, err) < 0)
		return -err->code;
	path = xasprintf("blobs/sha256/%s", part.hex);
	str_printf(&index, "{\"schemaVersion\":2,\"manifests\":[");
	print_part(&index, "manifest.v1+json", &part);
	str_printf(&index, "]}");
	str_printf(&version, "{\"imageLayoutVersion\":\"1.0.0\"}");
	if (write_text(taking->dir, path, &manifest, err) < 0 ||
	    write_text(taking->dir, "index.json", &index, err) < 0)
		return -err->code;
	return write_text(taking->dir, "oci-layout", &version, err);
}

/* "busybox" and "busybox:latest" are "docker.io/library/busybox:latest". */
static bool is_name(const char *wanted, const char *have)
{
	static const char *const prefixes[] = { "", "docker.io/library/", "docker.io/",
						"localhost/" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		auto_free char *full = xasprintf("%s%s", prefixes[i], wanted);
		auto_free char *latest = xasprintf("%s:latest", full);

		if (str_equal(full, have) || str_equal(latest, have))
			return true;
	}
	return false;
}

static const struct saved *choose(const struct saved_list *list, const char *name,
				  struct error *err)
{
	auto_str names = { 0 };

	for (size_t i = 0; i < list->items.n; i++) {
		const struct saved *item = &list->items.items[i];

		if (!name && list->items.n == 1)
			return item;
		for (size_t j = 0; j < item->repo_tags.n && names.len < 600; j++) {
			if (name && is_name(name, item->repo_tags.items[j]))
				return item;
			str_printf(&names, "%s'%.100s'", names.len ? ", " : "",
				   item->repo_tags.items[j]);
		}
	}
	fail_as(err, ERROR_IMAGE, ENOENT, "%s%.100s%s: there %s %s",
		name ? "no image is called '" : "the archive holds no image or several",
		name ? name : "", name ? "'" : "", names.len ? "are" : "is",
		names.len ? names.data : "no name");
	return NULL;
}

static int take_image(const char *path, const struct saved *saved, struct taking *taking,
		      struct error *err)
{
	taking->n = taking->n_all = 1 + saved->layers.n;
	taking->parts = xcalloc(2 * taking->n, sizeof(*taking->parts));
	taking->parts[0].name = saved->config;
	for (size_t i = 1; i < taking->n; i++)
		taking->parts[i].name = saved->layers.items[i - 1];
	if (archive_each(path, take_part, taking, err) < 0 || take_targets(path, taking, err) < 0)
		return -err->code;
	for (size_t i = 0; i < taking->n; i++)
		if (resolve_part(taking, &taking->parts[i], err) < 0)
			return -err->code;
	return write_layout(taking, err);
}

/* An array has to be a member to be read by the tables. */
static int parse(const struct taking *taking, struct saved_list *ret, struct error *err)
{
	auto_str text = { 0 };
	struct oci_error why;

	if (!taking->json)
		return fail_as(err, ERROR_IMAGE, ENOENT,
			       "it has no manifest.json: `docker save` did not write it");
	str_printf(&text, "{\"items\":%s}", taking->json);
	if (oci_parse(&saved_list_desc, ret, text.data, text.len, &why) < 0)
		return fail_as(err, ERROR_IMAGE, EINVAL, "manifest.json: %s: %s", why.path,
			       why.text);
	return 0;
}

int archive_docker_take(const char *path, const char *name, int dir, struct error *err)
{
	struct taking taking = { .dir = dir };
	struct saved_list list = { 0 };
	const struct saved *saved = NULL;
	int r = archive_each(path, take_manifest, &taking, err);

	if (r == 0 &&
	    ((r = parse(&taking, &list, err)) < 0 || !(saved = choose(&list, name, err)))) {
		fail_in(err, "archive '%s'", path);
		r = -err->code;
	}
	if (r == 0)
		r = take_image(path, saved, &taking, err);
	for (size_t i = 0; i < taking.n_all; i++)
		free(taking.parts[i].link);
	free(taking.parts);
	free(taking.json);
	oci_release(&saved_list_desc, &list);
	return r;
}
