/* documents.c - the documents that the tests parse, by name; see documents.h */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libocispec/features.h"
#include "libocispec/image.h"
#include "libocispec/runtime.h"
#include "libocispec/state.h"
#include "tests/unit/libocispec/documents.h"
#include "tests/unit/unit.h"

const struct document documents[] = {
	{ "config", &oci_config_desc },	    { "state", &oci_state_desc },
	{ "features", &oci_features_desc }, { "layout", &oci_layout_desc },
	{ "index", &oci_index_desc },	    { "manifest", &oci_manifest_desc },
	{ "image", &oci_image_desc },	    { 0 },
};

const struct oci_desc *document_desc(const char *file)
{
	size_t len = strcspn(file, "-.");

	for (const struct document *d = documents; d->name != NULL; d++) {
		if (strlen(d->name) == len && strncmp(d->name, file, len) == 0)
			return d->desc;
	}
	ck_abort_msg("'%s' is named after no document", file);
}

void *document_new(const struct oci_desc *desc, const char *text)
{
	struct oci_error err;
	void *object = calloc(1, desc->size);

	ck_assert_ptr_nonnull(object);
	ck_assert_msg(oci_parse(desc, object, text, strlen(text), &err) == 0, "%s: %s: in %s",
		      err.path, err.text, text);
	return object;
}

void document_free(const struct oci_desc *desc, void *object)
{
	oci_release(desc, object);
	free(object);
}

const char *document_refusal(const struct oci_desc *desc, const char *text, size_t len)
{
	static char message[sizeof(struct oci_error)];
	struct oci_error err;
	char *object = calloc(1, desc->size);
	int r;

	ck_assert_ptr_nonnull(object);
	memset(&err, 'x', sizeof(err));
	r = oci_parse(desc, object, text, len, &err);
	ck_assert_msg(r < 0, "was not refused: %.*s", len < 500 ? (int) len : 500, text);
	ck_assert_int_eq(r, -err.code);
	for (size_t i = 0; i < desc->size; i++)
		ck_assert_msg(object[i] == 0, "after a failure the object is not empty");
	free(object);
	snprintf(message, sizeof(message), "%s%s%s", err.path, err.path[0] != '\0' ? ": " : "",
		 err.text);
	return message;
}

char *document_print(const struct oci_desc *desc, const void *object)
{
	char *text;
	size_t len;

	ck_assert_int_eq(oci_print(desc, object, OCI_PRINT_COMPACT, &text, &len), 0);
	ck_assert_uint_eq(strlen(text), len);
	return text;
}
