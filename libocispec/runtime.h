/* runtime.h - config.json: the runtime specification's configuration of one container */
#ifndef OCI_RUNTIME_H
#define OCI_RUNTIME_H

#include "libocispec/hooks.h"
#include "libocispec/linux.h"
#include "libocispec/mount.h"
#include "libocispec/process.h"
#include "libocispec/types.h"
#include "libocispec/vm.h"

struct oci_root {
	char *path;
	bool readonly;
};

struct oci_config {
	char *oci_version;
	struct oci_process *process;
	struct oci_root *root;
	char *hostname;
	char *domainname;
	OCI_LIST(struct oci_mount) mounts;
	struct oci_hooks *hooks;
	struct oci_string_map annotations;
	struct oci_linux *linux;
	struct oci_vm *vm;
};

extern const struct oci_desc oci_config_desc;

#endif
