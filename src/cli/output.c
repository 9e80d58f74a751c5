/* output.c - see output.h */
#include "cli/output.h"

#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "libocispec/document.h"

static int output(const char *data, size_t len, struct error *err)
{
	int r = file_write_fd(STDOUT_FILENO, data, len);

	if (r < 0)
		return fail(err, -r, "write to the standard output: %s", strerror(-r));
	return 0;
}

int output_text(const struct str *text, struct error *err)
{
	return output(text->data, text->len, err);
}

int output_document(const struct oci_desc *desc, const void *object, struct error *err)
{
	auto_free char *json = NULL;
	size_t len;
	int r = oci_print(desc, object, OCI_PRINT_PRETTY, &json, &len);

	if (r < 0)
		return fail(err, -r, "print a document: %s", strerror(-r));
	return output(json, len, err);
}
