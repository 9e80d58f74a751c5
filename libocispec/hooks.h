/* hooks.h - config.json's "hooks": programs the runtime calls at points of the life cycle */
#ifndef OCI_HOOKS_H
#define OCI_HOOKS_H

#include "libocispec/types.h"

struct oci_hook {
	char *path;
	struct oci_strings args;
	struct oci_strings env;
	struct oci_i64 timeout; /* seconds, > 0 */
};

struct oci_hook_list {
	size_t n;
	struct oci_hook *items;
};

struct oci_hooks {
	struct oci_hook_list prestart;
	struct oci_hook_list create_runtime;
	struct oci_hook_list create_container;
	struct oci_hook_list start_container;
	struct oci_hook_list poststart;
	struct oci_hook_list poststop;
};

extern const struct oci_desc oci_hooks_desc;

#endif
