/* process.h - config.json's "process": what runs in the container, and as whom */
#ifndef OCI_PROCESS_H
#define OCI_PROCESS_H

#include "libocispec/types.h"

struct oci_box {
	uint64_t height;
	uint64_t width;
};

struct oci_user {
	uint32_t uid;
	uint32_t gid;
	struct oci_u32 umask;
	struct oci_u32s additional_gids;
	char *username;
};

struct oci_capabilities {
	struct oci_strings bounding;
	struct oci_strings effective;
	struct oci_strings inheritable;
	struct oci_strings permitted;
	struct oci_strings ambient;
};

struct oci_rlimit {
	char *type;
	uint64_t soft;
	uint64_t hard;
};

struct oci_scheduler {
	char *policy;
	struct oci_i32 nice;
	struct oci_i32 priority;
	struct oci_strings flags;
	struct oci_u64 runtime;
	struct oci_u64 deadline;
	struct oci_u64 period;
};

struct oci_io_priority {
	char *class;
	int32_t priority;
};

struct oci_exec_cpu_affinity {
	char *initial;
	char *final;
};

struct oci_process {
	bool terminal;
	struct oci_box *console_size;
	struct oci_user *user;
	struct oci_strings args;
	char *command_line;
	struct oci_strings env;
	char *cwd;
	struct oci_capabilities *capabilities;
	OCI_LIST(struct oci_rlimit) rlimits;
	bool no_new_privileges;
	char *apparmor_profile;
	struct oci_i32 oom_score_adj;
	struct oci_scheduler *scheduler;
	char *selinux_label;
	struct oci_io_priority *io_priority;
	struct oci_exec_cpu_affinity *exec_cpu_affinity;
};

extern const struct oci_desc oci_process_desc;

#endif
