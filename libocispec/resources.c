/* resources.c - the table of config.json's "linux.resources" */
#include "libocispec/resources.h"

#include <string.h>

#include "libocispec/desc.h"

/* As the files of the hugetlb controller are named: 64KB, 2MB, 1GB. */
static bool is_hugepage_size(const char *value)
{
	size_t digits = strspn(value, "0123456789");

	return digits > 0 && value[0] != '0' && value[digits] != '\0' &&
	       strchr("KMG", value[digits]) != NULL && strcmp(value + digits + 1, "B") == 0;
}

/* clang-format off */
static OCI_DESC(oci_device_rule,
	OCI_F(oci_device_rule, allow,  "allow", REQUIRED),
	OCI_F(oci_device_rule, type,   "type"),
	OCI_F(oci_device_rule, major,  "major"),
	OCI_F(oci_device_rule, minor,  "minor"),
	OCI_F(oci_device_rule, access, "access"));

static OCI_DESC(oci_memory,
	OCI_F(oci_memory, limit,               "limit"),
	OCI_F(oci_memory, reservation,         "reservation"),
	OCI_F(oci_memory, swap,                "swap"),
	OCI_F(oci_memory, kernel,              "kernel"),
	OCI_F(oci_memory, kernel_tcp,          "kernelTCP"),
	OCI_F(oci_memory, swappiness,          "swappiness"),
	OCI_F(oci_memory, disable_oom_killer,  "disableOOMKiller"),
	OCI_F(oci_memory, use_hierarchy,       "useHierarchy"),
	OCI_F(oci_memory, check_before_update, "checkBeforeUpdate"));

static OCI_DESC(oci_cpu,
	OCI_F(oci_cpu, shares,           "shares"),
	OCI_F(oci_cpu, quota,            "quota"),
	OCI_F(oci_cpu, burst,            "burst"),
	OCI_F(oci_cpu, period,           "period"),
	OCI_F(oci_cpu, realtime_runtime, "realtimeRuntime"),
	OCI_F(oci_cpu, realtime_period,  "realtimePeriod"),
	OCI_F(oci_cpu, cpus,             "cpus"),
	OCI_F(oci_cpu, mems,             "mems"),
	OCI_F(oci_cpu, idle,             "idle"));

/* "limit" is not REQUIRED: engines built on runtime-spec 1.3's Go types leave out one not set. */
static OCI_DESC(oci_pids,
	OCI_F(oci_pids, limit, "limit"));

static OCI_DESC(oci_weight_device,
	OCI_F(oci_weight_device, major,       "major", REQUIRED),
	OCI_F(oci_weight_device, minor,       "minor", REQUIRED),
	OCI_F(oci_weight_device, weight,      "weight"),
	OCI_F(oci_weight_device, leaf_weight, "leafWeight"));

static OCI_DESC(oci_throttle_device,
	OCI_F(oci_throttle_device, major, "major", REQUIRED),
	OCI_F(oci_throttle_device, minor, "minor", REQUIRED),
	OCI_F(oci_throttle_device, rate,  "rate",  REQUIRED));

static OCI_DESC(oci_block_io,
	OCI_F(oci_block_io, weight,                     "weight"),
	OCI_F(oci_block_io, leaf_weight,                "leafWeight"),
	OCI_L(oci_block_io, weight_device,              "weightDevice",
	      oci_weight_device),
	OCI_L(oci_block_io, throttle_read_bps_device,   "throttleReadBpsDevice",
	      oci_throttle_device),
	OCI_L(oci_block_io, throttle_write_bps_device,  "throttleWriteBpsDevice",
	      oci_throttle_device),
	OCI_L(oci_block_io, throttle_read_iops_device,  "throttleReadIOPSDevice",
	      oci_throttle_device),
	OCI_L(oci_block_io, throttle_write_iops_device, "throttleWriteIOPSDevice",
	      oci_throttle_device));

static OCI_DESC(oci_hugepage,
	OCI_F(oci_hugepage, page_size, "pageSize", REQUIRED, OK(is_hugepage_size)),
	OCI_F(oci_hugepage, limit,     "limit",    REQUIRED));

static OCI_DESC(oci_interface_priority,
	OCI_F(oci_interface_priority, name,     "name",     REQUIRED),
	OCI_F(oci_interface_priority, priority, "priority", REQUIRED));

static OCI_DESC(oci_network,
	OCI_F(oci_network, class_id,   "classID"),
	OCI_L(oci_network, priorities, "priorities", oci_interface_priority));

static OCI_DESC(oci_rdma,
	OCI_F(oci_rdma, hca_handles, "hcaHandles"),
	OCI_F(oci_rdma, hca_objects, "hcaObjects"));

OCI_DESC(oci_resources,
	OCI_L(oci_resources, devices,         "devices",        oci_device_rule),
	OCI_O(oci_resources, memory,          "memory",         oci_memory),
	OCI_O(oci_resources, cpu,             "cpu",            oci_cpu),
	OCI_O(oci_resources, pids,            "pids",           oci_pids),
	OCI_O(oci_resources, block_io,        "blockIO",        oci_block_io),
	OCI_L(oci_resources, hugepage_limits, "hugepageLimits", oci_hugepage),
	OCI_O(oci_resources, network,         "network",        oci_network),
	OCI_M(oci_resources, rdma,            "rdma",           oci_rdma),
	OCI_F(oci_resources, unified,         "unified"));
/* clang-format on */
