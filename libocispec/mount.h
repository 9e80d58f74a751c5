/* mount.h - config.json's "mounts", and the id mappings that mounts and user namespaces share */
#ifndef OCI_MOUNT_H
#define OCI_MOUNT_H

#include "libocispec/types.h"

struct oci_id_mapping {
	uint32_t container_id;
	uint32_t host_id;
	uint32_t size;
};

struct oci_mount {
	char *destination;
	char *type;
	char *source;
	struct oci_strings options;
	OCI_LIST(struct oci_id_mapping) uid_mappings;
	OCI_LIST(struct oci_id_mapping) gid_mappings;
};

extern const struct oci_desc oci_id_mapping_desc;
extern const struct oci_desc oci_mount_desc;

#endif
