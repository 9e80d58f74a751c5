/* mounts_file.c - see mounts_file.h */
#include "container/mounts_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "libocispec/desc.h"
#include "libocispec/document.h"

static OCI_DESC(mounts_file, OCI_L(mounts_file, mounts, "mounts", oci_mount, REQUIRED, FILLED));

int mounts_file_read(const char *path, struct mounts_file *ret, struct error *err)
{
	auto_free char *text = NULL;
	auto_free char *object = NULL;
	struct oci_error reason;
	const char *json;
	int r;

	if (file_read(AT_FDCWD, path, OCI_DOCUMENT_MAX, &text, NULL, err) < 0)
		return fail_class(err, ERROR_CONFIG, path);
	json = text;
	if (text[strspn(text, " \t\r\n")] == '[')
		json = object = xasprintf("{\"mounts\":%s}", text);
	r = oci_parse(&mounts_file_desc, ret, json, strlen(json), &reason);
	if (r < 0) {
		fail_at(err, reason.code, reason.path, "%s", reason.text);
		return fail_in(err, "'%s'", path);
	}
	return 0;
}

void mounts_file_release(struct mounts_file *file)
{
	oci_release(&mounts_file_desc, file);
}
