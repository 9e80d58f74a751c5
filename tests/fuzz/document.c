/* document.c - fuzz harness: any bytes as what a registry answers for a manifest; what is taken for
 * a manifest is not taken for an index, and the other way round (CVE-2021-41190) */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/layout.h"
#include "image/resolve.h"
#include "libocispec/document.h"
#include "tests/fuzz/fuzz.h"

static bool is_index(const char *json, size_t len, const char *type)
{
	struct platform platform = { .os = "linux", .architecture = "amd64" };
	const struct oci_descriptor *chosen = NULL;
	struct oci_index index = { 0 };
	struct error err = { 0 };

	if (document_parse(json, len, DOCUMENT_INDEX, type, &index, &err) < 0)
		return false;
	if (image_choose(&index, &platform, &chosen, &err) == 0 && !chosen)
		abort();
	oci_release(&oci_index_desc, &index);
	return true;
}

static bool is_manifest(const char *json, size_t len, const char *type)
{
	struct oci_manifest manifest = { 0 };
	struct error err = { 0 };

	if (document_parse(json, len, DOCUMENT_MANIFEST, type, &manifest, &err) < 0)
		return false;
	if (image_check_manifest(&manifest, &err) < 0 && !err.text[0])
		abort();
	oci_release(&oci_manifest_desc, &manifest);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *json = (const char *) data;
	auto_free char *type = NULL;
	struct error err = { 0 };
	enum document_kind kind;

	if (document_identify(json, size, "application/json", &type, &err) < 0) {
		if (!err.text[0] || type)
			abort();
		return 0;
	}
	kind = document_kind(type);
	if (kind == DOCUMENT_INDEX && is_manifest(json, size, type))
		abort();
	if (kind == DOCUMENT_MANIFEST && is_index(json, size, type))
		abort();
	if (kind == DOCUMENT_INDEX)
		is_index(json, size, type);
	else
		is_manifest(json, size, type);
	return 0;
}
