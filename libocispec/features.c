/* features.c - the table of the features document */
#include "libocispec/features.h"
#include "libocispec/desc.h"

/* clang-format off */
static OCI_DESC(oci_features_cgroup,
	OCI_F(oci_features_cgroup, v1,           "v1"),
	OCI_F(oci_features_cgroup, v2,           "v2"),
	OCI_F(oci_features_cgroup, systemd,      "systemd"),
	OCI_F(oci_features_cgroup, systemd_user, "systemdUser"),
	OCI_F(oci_features_cgroup, rdma,         "rdma"));

static OCI_DESC(oci_features_seccomp,
	OCI_F(oci_features_seccomp, enabled,         "enabled"),
	OCI_F(oci_features_seccomp, actions,         "actions"),
	OCI_F(oci_features_seccomp, operators,       "operators"),
	OCI_F(oci_features_seccomp, archs,           "archs"),
	OCI_F(oci_features_seccomp, known_flags,     "knownFlags"),
	OCI_F(oci_features_seccomp, supported_flags, "supportedFlags"));

static OCI_DESC(oci_features_switch,
	OCI_F(oci_features_switch, enabled, "enabled"));

static OCI_DESC(oci_features_intel_rdt,
	OCI_F(oci_features_intel_rdt, enabled,    "enabled"),
	OCI_F(oci_features_intel_rdt, schemata,   "schemata"),
	OCI_F(oci_features_intel_rdt, monitoring, "monitoring"));

static OCI_DESC(oci_features_memory_policy,
	OCI_F(oci_features_memory_policy, modes, "modes"),
	OCI_F(oci_features_memory_policy, flags, "flags"));

static OCI_DESC(oci_features_mount_extensions,
	OCI_O(oci_features_mount_extensions, idmap, "idmap", oci_features_switch));

static OCI_DESC(oci_features_linux,
	OCI_F(oci_features_linux, namespaces,       "namespaces"),
	OCI_F(oci_features_linux, capabilities,     "capabilities"),
	OCI_O(oci_features_linux, cgroup,           "cgroup",   oci_features_cgroup),
	OCI_O(oci_features_linux, seccomp,          "seccomp",  oci_features_seccomp),
	OCI_O(oci_features_linux, apparmor,         "apparmor", oci_features_switch),
	OCI_O(oci_features_linux, selinux,          "selinux",  oci_features_switch),
	OCI_O(oci_features_linux, intel_rdt,        "intelRdt", oci_features_intel_rdt),
	OCI_O(oci_features_linux, memory_policy,    "memoryPolicy",
	      oci_features_memory_policy),
	OCI_O(oci_features_linux, mount_extensions, "mountExtensions",
	      oci_features_mount_extensions),
	OCI_O(oci_features_linux, net_devices,      "netDevices", oci_features_switch));

OCI_DESC(oci_features,
	OCI_F(oci_features, oci_version_min, "ociVersionMin", REQUIRED),
	OCI_F(oci_features, oci_version_max, "ociVersionMax", REQUIRED),
	OCI_F(oci_features, hooks,           "hooks"),
	OCI_F(oci_features, mount_options,   "mountOptions"),
	OCI_O(oci_features, linux,           "linux", oci_features_linux),
	OCI_F(oci_features, annotations,     "annotations"),
	OCI_F(oci_features, potentially_unsafe_config_annotations,
	      "potentiallyUnsafeConfigAnnotations"));
/* clang-format on */
