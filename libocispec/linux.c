/* linux.c - the table of config.json's "linux" */
#include "libocispec/linux.h"

#include <string.h>

#include "libocispec/desc.h"

static bool is_mem_bw_schema(const char *value)
{
	return strncmp(value, "MB:", 3) == 0 && strchr(value, '\n') == NULL;
}

/* clang-format off */
static OCI_DESC(oci_namespace,
	OCI_F(oci_namespace, type, "type", REQUIRED,
	      ONE_OF("mount pid network uts ipc user cgroup time")),
	OCI_F(oci_namespace, path, "path"));

static OCI_DESC(oci_device,
	OCI_F(oci_device, type,      "type", REQUIRED, ONE_OF("c b u p")),
	OCI_F(oci_device, path,      "path", REQUIRED),
	OCI_F(oci_device, major,     "major"),
	OCI_F(oci_device, minor,     "minor"),
	OCI_F(oci_device, file_mode, "fileMode"),
	OCI_F(oci_device, uid,       "uid"),
	OCI_F(oci_device, gid,       "gid"));

static OCI_DESC(oci_net_device,
	OCI_F(oci_net_device, name, "name"));

static OCI_DESC(oci_intel_rdt,
	OCI_F(oci_intel_rdt, clos_id,           "closID"),
	OCI_F(oci_intel_rdt, schemata,          "schemata"),
	OCI_F(oci_intel_rdt, l3_cache_schema,   "l3CacheSchema"),
	OCI_F(oci_intel_rdt, mem_bw_schema,     "memBwSchema", OK(is_mem_bw_schema)),
	OCI_F(oci_intel_rdt, enable_monitoring, "enableMonitoring"));

static OCI_DESC(oci_memory_policy,
	OCI_F(oci_memory_policy, mode,  "mode", REQUIRED,
	      ONE_OF("MPOL_DEFAULT MPOL_BIND MPOL_INTERLEAVE MPOL_WEIGHTED_INTERLEAVE "
		     "MPOL_PREFERRED MPOL_PREFERRED_MANY MPOL_LOCAL")),
	OCI_F(oci_memory_policy, nodes, "nodes"),
	OCI_F(oci_memory_policy, flags, "flags",
	      ONE_OF("MPOL_F_NUMA_BALANCING MPOL_F_RELATIVE_NODES MPOL_F_STATIC_NODES")));

static OCI_DESC(oci_personality,
	OCI_F(oci_personality, domain, "domain", REQUIRED, ONE_OF("LINUX LINUX32")),
	OCI_F(oci_personality, flags,  "flags"));

static OCI_DESC(oci_time_offset,
	OCI_F(oci_time_offset, secs,     "secs"),
	OCI_F(oci_time_offset, nanosecs, "nanosecs"));

/* rootfsPropagation: the specification has the four plain words; the recursive forms are what
 * engines have long written. */
OCI_DESC(oci_linux,
	OCI_L(oci_linux, namespaces,         "namespaces",   oci_namespace),
	OCI_L(oci_linux, uid_mappings,       "uidMappings",  oci_id_mapping),
	OCI_L(oci_linux, gid_mappings,       "gidMappings",  oci_id_mapping),
	OCI_M(oci_linux, time_offsets,       "timeOffsets",  oci_time_offset),
	OCI_L(oci_linux, devices,            "devices",      oci_device),
	OCI_M(oci_linux, net_devices,        "netDevices",   oci_net_device),
	OCI_F(oci_linux, cgroups_path,       "cgroupsPath"),
	OCI_O(oci_linux, resources,          "resources",    oci_resources),
	OCI_F(oci_linux, sysctl,             "sysctl"),
	OCI_O(oci_linux, seccomp,            "seccomp",      oci_seccomp),
	OCI_F(oci_linux, rootfs_propagation, "rootfsPropagation",
	      ONE_OF("private shared slave unbindable rprivate rshared rslave runbindable")),
	OCI_F(oci_linux, masked_paths,       "maskedPaths"),
	OCI_F(oci_linux, readonly_paths,     "readonlyPaths"),
	OCI_F(oci_linux, mount_label,        "mountLabel"),
	OCI_O(oci_linux, intel_rdt,          "intelRdt",     oci_intel_rdt),
	OCI_O(oci_linux, memory_policy,      "memoryPolicy", oci_memory_policy),
	OCI_O(oci_linux, personality,        "personality",  oci_personality));
/* clang-format on */
