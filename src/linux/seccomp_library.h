/* seccomp_library.h - libseccomp, opened when the first filter is compiled */
#ifndef LINUX_SECCOMP_LIBRARY_H
#define LINUX_SECCOMP_LIBRARY_H

#include <seccomp.h>

#include "base/error.h"

/* What is used of it, under its names without the prefix "seccomp_". */
struct seccomp_library {
	__typeof__(seccomp_init) *init;
	__typeof__(seccomp_release) *release;
	__typeof__(seccomp_attr_set) *attr_set;
	__typeof__(seccomp_arch_add) *arch_add;
	__typeof__(seccomp_syscall_resolve_name) *syscall_resolve_name;
	__typeof__(seccomp_rule_add_array) *rule_add_array;
	__typeof__(seccomp_export_bpf) *export_bpf;
	__typeof__(seccomp_arch_native) *arch_native;
	__typeof__(seccomp_syscall_resolve_name_arch) *syscall_resolve_name_arch;
	__typeof__(seccomp_version) *version;
	const char *path; /* of its file; "" where it is linked in */
};

int seccomp_library_open(const struct seccomp_library **ret, struct error *err);

#endif
