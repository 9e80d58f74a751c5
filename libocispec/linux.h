/* linux.h - config.json's "linux": namespaces, devices, and what else only Linux has */
#ifndef OCI_LINUX_H
#define OCI_LINUX_H

#include "libocispec/mount.h"
#include "libocispec/resources.h"
#include "libocispec/seccomp.h"
#include "libocispec/types.h"

struct oci_namespace {
	char *type; /* mount pid network uts ipc user cgroup time */
	char *path; /* NULL: a new one */
};

struct oci_device {
	char *type; /* c u b p */
	char *path;
	struct oci_i64 major;
	struct oci_i64 minor;
	struct oci_u32 file_mode;
	struct oci_u32 uid;
	struct oci_u32 gid;
};

struct oci_net_device {
	char *name; /* in the container; NULL: as on the host */
};

struct oci_intel_rdt {
	char *clos_id;
	struct oci_strings schemata;
	char *l3_cache_schema;
	char *mem_bw_schema;
	struct oci_bool enable_monitoring;
};

struct oci_memory_policy {
	char *mode;
	char *nodes;
	struct oci_strings flags;
};

struct oci_personality {
	char *domain;
	struct oci_strings flags;
};

struct oci_time_offset {
	struct oci_i64 secs;
	struct oci_u32 nanosecs;
};

/* By the name of the clock. */
struct oci_time_offsets {
	size_t n;
	struct oci_time_offset *items;
	char **keys;
};

struct oci_linux {
	OCI_LIST(struct oci_namespace) namespaces;
	OCI_LIST(struct oci_id_mapping) uid_mappings;
	OCI_LIST(struct oci_id_mapping) gid_mappings;
	struct oci_time_offsets time_offsets;
	OCI_LIST(struct oci_device) devices;
	OCI_MAP(struct oci_net_device) net_devices;
	char *cgroups_path;
	struct oci_resources *resources;
	struct oci_string_map sysctl;
	struct oci_seccomp *seccomp;
	char *rootfs_propagation;
	struct oci_strings masked_paths;
	struct oci_strings readonly_paths;
	char *mount_label;
	struct oci_intel_rdt *intel_rdt;
	struct oci_memory_policy *memory_policy;
	struct oci_personality *personality;
};

extern const struct oci_desc oci_linux_desc;

#endif
