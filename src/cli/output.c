/* output.c - see output.h */
#include "cli/output.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "libocispec/document.h"

/* Who reads it has seen enough: that is no error to tell, unless the caller wants to hear of it. */
static void end_by_pipe(void)
{
	if (signal(SIGPIPE, SIG_DFL) != SIG_IGN)
		raise(SIGPIPE);
}

static int output(const char *data, size_t len, struct error *err)
{
	int r = file_write_fd(STDOUT_FILENO, data, len);

	if (r == -EPIPE)
		end_by_pipe();
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
