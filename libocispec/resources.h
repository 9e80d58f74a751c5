/* resources.h - config.json's "linux.resources": the limits of a cgroup */
#ifndef OCI_RESOURCES_H
#define OCI_RESOURCES_H

#include "libocispec/types.h"

struct oci_device_rule {
	bool allow;
	char *type; /* "a", "c", "b" or NULL for all */
	struct oci_i64 major;
	struct oci_i64 minor;
	char *access; /* letters of "rwm" or NULL for all */
};

struct oci_memory {
	struct oci_i64 limit; /* bytes; -1: no limit */
	struct oci_i64 reservation;
	struct oci_i64 swap; /* bytes of memory and swap together */
	struct oci_i64 kernel;
	struct oci_i64 kernel_tcp;
	struct oci_u64 swappiness;
	struct oci_bool disable_oom_killer;
	struct oci_bool use_hierarchy;
	struct oci_bool check_before_update;
};

struct oci_cpu {
	struct oci_u64 shares;
	struct oci_i64 quota;  /* microseconds a period; -1: no limit */
	struct oci_u64 burst;  /* microseconds */
	struct oci_u64 period; /* microseconds */
	struct oci_i64 realtime_runtime;
	struct oci_u64 realtime_period;
	char *cpus;
	char *mems;
	struct oci_i64 idle;
};

struct oci_pids {
	struct oci_i64 limit; /* <= 0: no limit, by runc's and crun's habit */
};

struct oci_weight_device {
	int64_t major;
	int64_t minor;
	struct oci_u16 weight;
	struct oci_u16 leaf_weight;
};

struct oci_throttle_device {
	int64_t major;
	int64_t minor;
	uint64_t rate; /* bytes or operations a second */
};

struct oci_throttle_list {
	size_t n;
	struct oci_throttle_device *items;
};

struct oci_block_io {
	struct oci_u16 weight;
	struct oci_u16 leaf_weight;
	OCI_LIST(struct oci_weight_device) weight_device;
	struct oci_throttle_list throttle_read_bps_device;
	struct oci_throttle_list throttle_write_bps_device;
	struct oci_throttle_list throttle_read_iops_device;
	struct oci_throttle_list throttle_write_iops_device;
};

struct oci_hugepage {
	char *page_size;
	uint64_t limit; /* bytes */
};

struct oci_interface_priority {
	char *name;
	uint32_t priority;
};

struct oci_network {
	struct oci_u32 class_id;
	OCI_LIST(struct oci_interface_priority) priorities;
};

struct oci_rdma {
	struct oci_u32 hca_handles;
	struct oci_u32 hca_objects;
};

struct oci_resources {
	OCI_LIST(struct oci_device_rule) devices;
	struct oci_memory *memory;
	struct oci_cpu *cpu;
	struct oci_pids *pids;
	struct oci_block_io *block_io;
	OCI_LIST(struct oci_hugepage) hugepage_limits;
	struct oci_network *network;
	OCI_MAP(struct oci_rdma) rdma;
	struct oci_string_map unified;
};

extern const struct oci_desc oci_resources_desc;

#endif
