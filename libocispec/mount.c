/* mount.c - the tables of config.json's "mounts" and of id mappings */
#include "libocispec/mount.h"
#include "libocispec/desc.h"

/* clang-format off */
OCI_DESC(oci_id_mapping,
	OCI_F(oci_id_mapping, container_id, "containerID", REQUIRED),
	OCI_F(oci_id_mapping, host_id,      "hostID",      REQUIRED),
	OCI_F(oci_id_mapping, size,         "size",        REQUIRED));

OCI_DESC(oci_mount,
	OCI_F(oci_mount, destination,  "destination", REQUIRED),
	OCI_F(oci_mount, type,         "type"),
	OCI_F(oci_mount, source,       "source"),
	OCI_F(oci_mount, options,      "options"),
	OCI_L(oci_mount, uid_mappings, "uidMappings", oci_id_mapping),
	OCI_L(oci_mount, gid_mappings, "gidMappings", oci_id_mapping));
/* clang-format on */
