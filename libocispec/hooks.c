/* hooks.c - the table of config.json's "hooks" */
#include "libocispec/hooks.h"
#include "libocispec/desc.h"

/* clang-format off */
static OCI_DESC(oci_hook,
	OCI_F(oci_hook, path,    "path",    REQUIRED),
	OCI_F(oci_hook, args,    "args"),
	OCI_F(oci_hook, env,     "env"),
	OCI_F(oci_hook, timeout, "timeout", AT_LEAST(1)));

OCI_DESC(oci_hooks,
	OCI_L(oci_hooks, prestart,         "prestart",        oci_hook),
	OCI_L(oci_hooks, create_runtime,   "createRuntime",   oci_hook),
	OCI_L(oci_hooks, create_container, "createContainer", oci_hook),
	OCI_L(oci_hooks, start_container,  "startContainer",  oci_hook),
	OCI_L(oci_hooks, poststart,        "poststart",       oci_hook),
	OCI_L(oci_hooks, poststop,         "poststop",        oci_hook));
/* clang-format on */
