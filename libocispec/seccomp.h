/* seccomp.h - config.json's "linux.seccomp", and the document a seccomp agent receives */
#ifndef OCI_SECCOMP_H
#define OCI_SECCOMP_H

#include "libocispec/types.h"

struct oci_seccomp_arg {
	uint32_t index;
	uint64_t value;
	uint64_t value_two;
	char *op;
};

struct oci_seccomp_syscall {
	struct oci_strings names;
	char *action;
	struct oci_u32 errno_ret;
	OCI_LIST(struct oci_seccomp_arg) args;
};

struct oci_seccomp {
	char *default_action;
	struct oci_u32 default_errno_ret;
	struct oci_strings architectures;
	struct oci_strings flags;
	char *listener_path;
	char *listener_metadata;
	OCI_LIST(struct oci_seccomp_syscall) syscalls;
};

extern const struct oci_desc oci_seccomp_desc;

#endif
