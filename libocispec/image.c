/* image.c - the tables of the image specification's documents */
#include "libocispec/image.h"
#include "libocispec/desc.h"

/* clang-format off */
OCI_DESC(oci_layout,
	OCI_F(oci_layout, image_layout_version, "imageLayoutVersion", REQUIRED, ONE_OF("1.0.0")));

OCI_DESC(oci_index,
	OCI_F(oci_index, schema_version, "schemaVersion", REQUIRED, EXACTLY(2)),
	OCI_F(oci_index, media_type,     "mediaType",     OK(oci_is_media_type)),
	OCI_F(oci_index, artifact_type,  "artifactType",  OK(oci_is_media_type)),
	OCI_L(oci_index, manifests,      "manifests",     oci_descriptor, REQUIRED),
	OCI_O(oci_index, subject,        "subject",       oci_descriptor),
	OCI_F(oci_index, annotations,    "annotations"));

/* "layers" may be empty: the text of the specification says only that it SHOULD not, and an image
 * made from scratch has none. */
OCI_DESC(oci_manifest,
	OCI_F(oci_manifest, schema_version, "schemaVersion", REQUIRED, EXACTLY(2)),
	OCI_F(oci_manifest, media_type,     "mediaType",     OK(oci_is_media_type)),
	OCI_F(oci_manifest, artifact_type,  "artifactType",  OK(oci_is_media_type)),
	OCI_O(oci_manifest, config,         "config",        oci_descriptor, REQUIRED),
	OCI_L(oci_manifest, layers,         "layers",        oci_descriptor, REQUIRED),
	OCI_O(oci_manifest, subject,        "subject",       oci_descriptor),
	OCI_F(oci_manifest, annotations,    "annotations"));

/* No rows: whatever such an object holds is skipped. */
static const struct oci_desc oci_empty_desc = { .size = sizeof(struct oci_empty) };

static OCI_DESC(oci_image_run,
	OCI_F(oci_image_run, user,          "User"),
	OCI_M(oci_image_run, exposed_ports, "ExposedPorts", oci_empty),
	OCI_F(oci_image_run, env,           "Env"),
	OCI_F(oci_image_run, entrypoint,    "Entrypoint"),
	OCI_F(oci_image_run, cmd,           "Cmd"),
	OCI_M(oci_image_run, volumes,       "Volumes",      oci_empty),
	OCI_F(oci_image_run, working_dir,   "WorkingDir"),
	OCI_F(oci_image_run, labels,        "Labels"),
	OCI_F(oci_image_run, stop_signal,   "StopSignal"),
	OCI_F(oci_image_run, args_escaped,  "ArgsEscaped"));

/* diff_ids: the specification asks for them; where an image has no layers, docker leaves them out. */
static OCI_DESC(oci_image_rootfs,
	OCI_F(oci_image_rootfs, type,     "type",     REQUIRED, ONE_OF("layers")),
	OCI_F(oci_image_rootfs, diff_ids, "diff_ids", OK(oci_is_digest)));

static OCI_DESC(oci_history,
	OCI_F(oci_history, created,     "created"),
	OCI_F(oci_history, author,      "author"),
	OCI_F(oci_history, created_by,  "created_by"),
	OCI_F(oci_history, comment,     "comment"),
	OCI_F(oci_history, empty_layer, "empty_layer"));

OCI_DESC(oci_image,
	OCI_F(oci_image, created,      "created"),
	OCI_F(oci_image, author,       "author"),
	OCI_F(oci_image, architecture, "architecture", REQUIRED),
	OCI_F(oci_image, variant,      "variant"),
	OCI_F(oci_image, os,           "os",           REQUIRED),
	OCI_F(oci_image, os_version,   "os.version"),
	OCI_F(oci_image, os_features,  "os.features"),
	OCI_O(oci_image, config,       "config",       oci_image_run),
	OCI_O(oci_image, rootfs,       "rootfs",       oci_image_rootfs, REQUIRED),
	OCI_L(oci_image, history,      "history",      oci_history));
/* clang-format on */
