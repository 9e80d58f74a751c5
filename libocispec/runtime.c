/* runtime.c - the table of config.json itself */
#include "libocispec/runtime.h"
#include "libocispec/desc.h"

/* "Keys MUST NOT be an empty string" (config.md, Annotations). */
static bool is_annotation_name(const char *name)
{
	return name[0] != '\0';
}

/* clang-format off */
static OCI_DESC(oci_root,
	OCI_F(oci_root, path,     "path", REQUIRED),
	OCI_F(oci_root, readonly, "readonly"));

OCI_DESC(oci_config,
	OCI_F(oci_config, oci_version, "ociVersion",  REQUIRED),
	OCI_O(oci_config, process,     "process",     oci_process),
	OCI_O(oci_config, root,        "root",        oci_root),
	OCI_F(oci_config, hostname,    "hostname"),
	OCI_F(oci_config, domainname,  "domainname"),
	OCI_L(oci_config, mounts,      "mounts",      oci_mount),
	OCI_O(oci_config, hooks,       "hooks",       oci_hooks),
	OCI_F(oci_config, annotations, "annotations", OK(is_annotation_name)),
	OCI_O(oci_config, linux,       "linux",       oci_linux),
	OCI_O(oci_config, vm,          "vm",          oci_vm));
/* clang-format on */
