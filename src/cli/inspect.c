/* inspect.c - the command inspect */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/image_commands.h"
#include "cli/output.h"
#include "image/resolve.h"
#include "image/source.h"
#include "libocispec/desc.h"
#include "libocispec/document.h"

struct inspect_options {
	const char *platform;
	bool manifest;
	bool config;
};

struct inspect_document {
	char *name;
	char *digest;
	char *media_type;
	char *pulled;
	int64_t size;
	OCI_LIST(struct oci_descriptor) layers;
	struct oci_image *config;
};

/* clang-format off */
static OCI_DESC(inspect_document,
	OCI_F(inspect_document, name,       "name"),
	OCI_F(inspect_document, digest,     "digest"),
	OCI_F(inspect_document, media_type, "mediaType"),
	OCI_F(inspect_document, pulled,     "pulledDigest"),
	OCI_F(inspect_document, size,       "size", PRINTED),
	OCI_L(inspect_document, layers,     "layers", oci_descriptor, PRINTED),
	OCI_O(inspect_document, config,     "config", oci_image));
/* clang-format on */

static int print_blob(const struct layout *layout, const struct oci_descriptor *descriptor,
		      struct error *err)
{
	auto_free char *data = NULL;
	auto_str text = { 0 };
	struct digest digest;
	auto_fd fd = -1;
	size_t len;

	if (layout_open_blob(layout, descriptor, &digest, &fd, err) < 0 ||
	    file_read_fd(fd, "the blob", OCI_DOCUMENT_MAX, &data, &len, err) < 0)
		return -err->code;
	str_append(&text, data, len);
	return output_text(&text, err);
}

static int print_summary(const struct image_source *source, struct image *image, struct error *err)
{
	struct inspect_document document = {
		.name = source->tag,
		.digest = image->descriptor.digest,
		.media_type = image->descriptor.media_type,
		.pulled = (char *) store_annotation(&image->descriptor, STORE_PULLED_DIGEST),
		.config = &image->config,
	};

	document.layers.n = image->manifest.layers.n;
	document.layers.items = image->manifest.layers.items;
	for (size_t i = 0; i < document.layers.n; i++)
		document.size += document.layers.items[i].size;
	return output_document(&inspect_document_desc, &document, err);
}

static int inspect_run(const struct invocation *invocation, struct error *err)
{
	const struct inspect_options *options = invocation->options;
	auto_image_source source = IMAGE_SOURCE_NONE;
	struct platform platform;
	auto_image image = { 0 };

	platform_host(&platform);
	if (options->platform && platform_parse(options->platform, &platform, err) < 0)
		return -err->code;
	if (image_source_open(invocation->arguments[0], invocation->global->root, NULL, &source,
			      err) < 0)
		return -err->code;
	if (source.is_missing)
		return fail_as(err, ERROR_IMAGE, ENOENT,
			       "the store '%s' has no image '%s': pull it first", source.store.root,
			       source.tag);
	if (image_resolve(&source.layout, source.tag, &platform, &image, err) < 0)
		return fail_in(err, "image '%s'", invocation->arguments[0]);
	if (options->manifest)
		return print_blob(&source.layout, &image.descriptor, err);
	if (options->config)
		return print_blob(&source.layout, image.manifest.config, err);
	return print_summary(&source, &image, err);
}

/* clang-format off */
static const struct option_row rows[] = {
	OPTION(inspect_options, platform, "platform", 0, "OS/ARCH[/VARIANT]",
	       "look at the image for this platform (default: this host's)"),
	OPTION(inspect_options, manifest, "manifest", 0, NULL, "print the manifest, as it was pulled"),
	OPTION(inspect_options, config, "config", 0, NULL,
	       "print the image's configuration, as it was pulled"),
	OPTIONS_END
};
/* clang-format on */

const struct command inspect_command = {
	.name = "inspect",
	.arguments = "IMAGE",
	.summary = "Print an image's digest, layers and configuration",
	.min_arguments = 1,
	.max_arguments = 1,
	.uses_state = true,
	.options = rows,
	.options_size = sizeof(struct inspect_options),
	.run = inspect_run,
};
