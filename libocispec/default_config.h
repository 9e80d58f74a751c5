/* default_config.h - the configuration that 'spec' prints and that new bundles start from */
#ifndef OCI_DEFAULT_CONFIG_H
#define OCI_DEFAULT_CONFIG_H

#include "libocispec/document.h"
#include "libocispec/runtime.h"

/* The version of the runtime specification that this library knows. */
#define OCI_RUNTIME_VERSION "1.3.0"

enum oci_default_kind {
	OCI_DEFAULT_ROOT,
	OCI_DEFAULT_ROOTLESS, /* a user namespace, the host's network, no cgroup limits */
};

/* Fills *ret, which is overwritten; release it with oci_release(&oci_config_desc, ret).  uid and
 * gid (a rootless configuration only) are who on the host becomes root in the container.
 * Returns 0, or -ENOMEM with *err filled. */
int oci_default_config(enum oci_default_kind kind, uint32_t uid, uint32_t gid,
		       struct oci_config *ret, struct oci_error *err);

#endif
