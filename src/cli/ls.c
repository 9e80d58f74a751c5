/* ls.c - the command ls */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/image_commands.h"
#include "cli/output.h"
#include "cli/units.h"
#include "image/store_list.h"
#include "libocispec/desc.h"
#include "libocispec/document.h"

enum ls_format {
	LS_TABLE,
	LS_JSON,
};

static const char *const format_names[] = { [LS_TABLE] = "table", [LS_JSON] = "json", NULL };

struct ls_options {
	unsigned int format;
	bool quiet;
};

struct ls_image {
	char *name;
	char *digest;
	char *platform;
	int64_t size;
	int64_t layers;
	bool is_whole;
};

/* clang-format off */
static OCI_DESC(ls_image,
	OCI_F(ls_image, name,     "name",     PRINTED),
	OCI_F(ls_image, digest,   "digest",   PRINTED),
	OCI_F(ls_image, platform, "platform", PRINTED),
	OCI_F(ls_image, size,     "size",     PRINTED),
	OCI_F(ls_image, layers,   "layers",   PRINTED),
	OCI_F(ls_image, is_whole, "complete", PRINTED));
/* clang-format on */

static int append_json(const struct store_item *items, size_t n, struct str *text,
		       struct error *err)
{
	str_printf(text, "[");
	for (size_t i = 0; i < n; i++) {
		struct ls_image image = {
			.name = items[i].name,
			.digest = items[i].digest,
			.platform = (char *) items[i].platform,
			.size = items[i].size,
			.layers = (int64_t) items[i].layers,
			.is_whole = items[i].is_whole,
		};
		auto_free char *json = NULL;
		size_t len;
		int r = oci_print(&ls_image_desc, &image, OCI_PRINT_COMPACT, &json, &len);

		if (r < 0)
			return fail(err, -r, "print image '%s': %s", image.name, strerror(-r));
		if (i)
			str_append(text, ",", 1);
		str_append(text, json, len);
	}
	str_printf(text, "]\n");
	return 0;
}

static void append_table(const struct store_item *items, size_t n, struct str *text)
{
	int name = (int) strlen("NAME"), platform = (int) strlen("PLATFORM");

	for (size_t i = 0; i < n; i++) {
		if ((int) strlen(items[i].name) > name)
			name = (int) strlen(items[i].name);
		if ((int) strlen(items[i].platform) > platform)
			platform = (int) strlen(items[i].platform);
	}
	str_printf(text, "%-*s  %-19s  %-*s  SIZE\n", name, "NAME", "DIGEST", platform, "PLATFORM");
	for (size_t i = 0; i < n; i++) {
		str_printf(text, "%-*s  %.19s  %-*s  ", name, items[i].name, items[i].digest,
			   platform, items[i].platform);
		units_size(text, (uint64_t) items[i].size);
		str_printf(text, "%s\n", items[i].is_whole ? "" : "  (incomplete)");
	}
}

static int ls_run(const struct invocation *invocation, struct error *err)
{
	const struct ls_options *options = invocation->options;
	struct store_item *items = NULL;
	auto_store store = STORE_NONE;
	auto_str text = { 0 };
	size_t n = 0;
	int r = 0;

	if (store_open(invocation->global->root, STORE_SHARED, &store, err) < 0 ||
	    store_list(&store, &items, &n, err) < 0)
		return -err->code;
	str_append(&text, "", 0);
	if (options->quiet)
		for (size_t i = 0; i < n; i++)
			str_printf(&text, "%s\n", items[i].name);
	else if (options->format == LS_JSON)
		r = append_json(items, n, &text, err);
	else
		append_table(items, n, &text);
	store_items_free(items, n);
	return r < 0 ? r : output_text(&text, err);
}

/* clang-format off */
static const struct option_row rows[] = {
	OPTION(ls_options, format, "format", 'f', "FORMAT", "table (the default) or json",
	       .choices = format_names),
	OPTION(ls_options, quiet, "quiet", 'q', NULL, "print the names only"),
	OPTIONS_END
};
/* clang-format on */

const struct command ls_command = {
	.name = "ls",
	.arguments = "",
	.summary = "Print the images in the store",
	.uses_state = true,
	.options = rows,
	.options_size = sizeof(struct ls_options),
	.run = ls_run,
};
