/* descriptor.c - the table of the content descriptor, and the grammars that it shares */
#include "libocispec/descriptor.h"

#include <string.h>

#include "libocispec/desc.h"

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

bool oci_is_digest(const char *value)
{
	const char *at = value;
	size_t len;

	for (;;) {
		len = strspn(at, LOWER DIGITS);
		at += len;
		if (len == 0)
			return false;
		if (*at == ':')
			break;
		if (*at == '\0' || strchr("+._-", *at) == NULL)
			return false;
		at++;
	}
	at++;
	len = strspn(at, UPPER LOWER DIGITS "=_-");
	return len > 0 && at[len] == '\0';
}

/* One side of the slash: RFC 6838's restricted-name.  Returns its length, 0 if it is none. */
static size_t restricted_name(const char *at)
{
	size_t len = strspn(at, UPPER LOWER DIGITS "!#$&^_.+-");

	return strspn(at, UPPER LOWER DIGITS) > 0 && len <= 127 ? len : 0;
}

bool oci_is_media_type(const char *value)
{
	size_t type = restricted_name(value), subtype;

	if (type == 0 || value[type] != '/')
		return false;
	subtype = restricted_name(value + type + 1);
	return subtype > 0 && value[type + 1 + subtype] == '\0';
}

/* clang-format off */
OCI_DESC(oci_platform,
	OCI_F(oci_platform, architecture, "architecture", REQUIRED),
	OCI_F(oci_platform, os,           "os",           REQUIRED),
	OCI_F(oci_platform, os_version,   "os.version"),
	OCI_F(oci_platform, os_features,  "os.features"),
	OCI_F(oci_platform, variant,      "variant"),
	OCI_F(oci_platform, features,     "features"));

OCI_DESC(oci_descriptor,
	OCI_F(oci_descriptor, media_type,    "mediaType", REQUIRED, OK(oci_is_media_type)),
	OCI_F(oci_descriptor, digest,        "digest",    REQUIRED, OK(oci_is_digest)),
	OCI_F(oci_descriptor, size,          "size",      REQUIRED, AT_LEAST(0)),
	OCI_F(oci_descriptor, urls,          "urls"),
	OCI_F(oci_descriptor, data,          "data"),
	OCI_F(oci_descriptor, artifact_type, "artifactType", OK(oci_is_media_type)),
	OCI_F(oci_descriptor, annotations,   "annotations"),
	OCI_O(oci_descriptor, platform,      "platform",  oci_platform));
/* clang-format on */
