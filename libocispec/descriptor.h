/* descriptor.h - the image specification's content descriptor: what names a blob */
#ifndef OCI_DESCRIPTOR_H
#define OCI_DESCRIPTOR_H

#include "libocispec/types.h"

struct oci_platform {
	char *architecture;
	char *os;
	char *os_version;
	struct oci_strings os_features;
	char *variant;
	struct oci_strings features; /* Docker's manifest list only */
};

struct oci_descriptor {
	char *media_type;
	char *digest;
	int64_t size; /* bytes, >= 0 */
	struct oci_strings urls;
	char *data; /* base64 of the content itself */
	char *artifact_type;
	struct oci_string_map annotations;
	struct oci_platform *platform; /* in an index only */
};

/* "algorithm:encoded" by the image specification's grammar (descriptor.md, Digests); whether the
 * algorithm is known is another question. */
bool oci_is_digest(const char *value);

/* "type/subtype" by RFC 6838, without parameters. */
bool oci_is_media_type(const char *value);

extern const struct oci_desc oci_platform_desc;
extern const struct oci_desc oci_descriptor_desc;

#endif
