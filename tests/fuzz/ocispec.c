/* ocispec.c - fuzz harness: any text as any document; what parses must print, parse again and copy
 * to the same; and a config to the same in two parts
 *
 * The first byte chooses the document: '0' a config, '1' a state, '2' features, '3' a layout,
 * '4' an index, '5' a manifest, '6' an image configuration; other bytes modulo their number. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libocispec/desc.h"
#include "libocispec/document.h"
#include "libocispec/features.h"
#include "libocispec/image.h"
#include "libocispec/runtime.h"
#include "libocispec/state.h"
#include "tests/fuzz/fuzz.h"

static const struct oci_desc *const documents[] = {
	&oci_config_desc, &oci_state_desc,    &oci_features_desc, &oci_layout_desc,
	&oci_index_desc,  &oci_manifest_desc, &oci_image_desc,
};

static const struct oci_desc *choose(uint8_t byte)
{
	size_t n = sizeof(documents) / sizeof(documents[0]);

	return documents[(byte - (size_t) '0') % n];
}

static void require(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

static char *print(const struct oci_desc *desc, const void *object)
{
	char *text;
	size_t len;

	require(oci_print(desc, object, OCI_PRINT_PRETTY, &text, &len) == 0, "printing");
	require(strlen(text) == len, "the length of the text");
	return text;
}

static void require_same(const struct oci_desc *desc, void *object, const char *text,
			 const char *what)
{
	char *again = print(desc, object);

	require(strcmp(text, again) == 0, what);
	free(again);
	oci_release(desc, object);
}

/* A refusal says where, but for a document too large, and why, in one line. */
static void require_message(const struct oci_error *err, int r)
{
	require(r == -err->code && err->code > 0, "the code of an error");
	require(err->path[0] != '\0' && err->text[0] != '\0', "the message of an error");
	require(strpbrk(err->path, "\n\r\t\x1b") == NULL, "the path of an error");
	require(strpbrk(err->text, "\n\r\t\x1b") == NULL, "the text of an error");
}

/* In two parts, the section and the rest: together they are what oci_parse() made of it, which was
 * refused when r is negative. */
static void require_parts(const char *json, size_t len, int r, const struct oci_error *usual,
			  const char *text)
{
	struct oci_config config = { 0 };
	struct oci_text section;
	struct oci_error err;
	int parts = oci_parse_except(&oci_config_desc, &config, json, len, "linux.seccomp",
				     &section, &err);

	if (parts < 0) {
		require(parts == r && strcmp(err.path, usual->path) == 0 &&
				strcmp(err.text, usual->text) == 0,
			"the error of the rest");
		return;
	}
	if (section.text != NULL) {
		struct oci_seccomp *seccomp = calloc(1, sizeof(*seccomp));

		require(config.linux->seccomp == NULL, "the rest");
		require(section.text > json && section.text + section.len < json + len,
			"the section's place");
		parts = oci_parse(&oci_seccomp_desc, seccomp, section.text, section.len, &err);
		config.linux->seccomp = parts == 0 ? seccomp : NULL;
		if (parts < 0)
			free(seccomp);
	}
	if (r == 0) {
		require(parts == 0, "the section");
		require_same(&oci_config_desc, &config, text, "the parts");
		return;
	}
	/* alone it may be two levels deeper */
	require(parts < 0 || strstr(usual->text, "levels deep") != NULL, "an error in the section");
	oci_release(&oci_config_desc, &config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct oci_desc *desc = choose(size > 0 ? data[0] : '0');
	size_t skip = size > 0;
	struct oci_error err;
	void *object = calloc(2, desc->size);
	void *other = (char *) object + desc->size;
	char *text;
	int r = oci_parse(desc, object, (const char *) data + skip, size - skip, &err);

	if (r < 0) {
		require_message(&err, r);
		if (desc == &oci_config_desc)
			require_parts((const char *) data + skip, size - skip, r, &err, NULL);
		free(object);
		return 0;
	}
	text = print(desc, object);
	if (desc == &oci_config_desc)
		require_parts((const char *) data + skip, size - skip, 0, NULL, text);
	require(oci_copy(desc, other, object) == 0, "copying");
	oci_release(desc, object);
	require_same(desc, other, text, "the copy");
	require(oci_parse(desc, other, text, strlen(text), &err) == 0, "parsing what was printed");
	require_same(desc, other, text, "print, parse, print");
	free(text);
	free(object);
	return 0;
}
