/* image.h - the image specification's documents: layout, index, manifest, configuration.
 *
 * Docker's schema 2 manifest and manifest list have the same members and are read by the same
 * tables; their mediaType tells them apart. */
#ifndef OCI_IMAGE_H
#define OCI_IMAGE_H

#include "libocispec/descriptor.h"
#include "libocispec/types.h"

struct oci_layout {
	char *image_layout_version;
};

struct oci_index {
	int64_t schema_version; /* 2 */
	char *media_type;
	char *artifact_type;
	OCI_LIST(struct oci_descriptor) manifests;
	struct oci_descriptor *subject;
	struct oci_string_map annotations;
};

struct oci_manifest {
	int64_t schema_version; /* 2 */
	char *media_type;
	char *artifact_type;
	struct oci_descriptor *config;
	OCI_LIST(struct oci_descriptor) layers;
	struct oci_descriptor *subject;
	struct oci_string_map annotations;
};

/* A JSON object used as a set: its members' names count, their values are empty objects. */
struct oci_empty {
	char unused;
};

struct oci_image_run {
	char *user;
	OCI_MAP(struct oci_empty) exposed_ports;
	struct oci_strings env;
	struct oci_strings entrypoint;
	struct oci_strings cmd;
	OCI_MAP(struct oci_empty) volumes;
	char *working_dir;
	struct oci_string_map labels;
	char *stop_signal;
	bool args_escaped;
};

struct oci_image_rootfs {
	char *type; /* "layers" */
	struct oci_strings diff_ids;
};

struct oci_history {
	char *created;
	char *author;
	char *created_by;
	char *comment;
	bool empty_layer;
};

struct oci_image {
	char *created;
	char *author;
	char *architecture;
	char *variant;
	char *os;
	char *os_version;
	struct oci_strings os_features;
	struct oci_image_run *config;
	struct oci_image_rootfs *rootfs;
	OCI_LIST(struct oci_history) history;
};

extern const struct oci_desc oci_layout_desc;
extern const struct oci_desc oci_index_desc;
extern const struct oci_desc oci_manifest_desc;
extern const struct oci_desc oci_image_desc;

#endif
