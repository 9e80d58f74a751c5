/* documents.h - the documents that the tests parse, by name */
#ifndef TESTS_LIBOCISPEC_DOCUMENTS_H
#define TESTS_LIBOCISPEC_DOCUMENTS_H

#include "libocispec/desc.h"
#include "libocispec/document.h"

struct document {
	const char *name;
	const struct oci_desc *desc;
};

/* config, state, features, layout, index, manifest, image; ends with a NULL name. */
extern const struct document documents[];

/* The table of the document whose name a file's name starts with: config-x.json. */
const struct oci_desc *document_desc(const char *file);

/* Parses text, which must be right, into a new zeroed object, to be freed with document_free(). */
void *document_new(const struct oci_desc *desc, const char *text);
void document_free(const struct oci_desc *desc, void *object);

/* Parses text, which must be refused, and returns the message as "path: text" (without a path, the
 * text alone).  The answer is overwritten by the next call. */
const char *document_refusal(const struct oci_desc *desc, const char *text, size_t len);

/* The object printed on one line; to be freed. */
char *document_print(const struct oci_desc *desc, const void *object);

#endif
