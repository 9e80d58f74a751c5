/* state.c - the table of a container's state */
#include "libocispec/state.h"
#include "libocispec/desc.h"

/* clang-format off */
OCI_DESC(oci_state,
	OCI_F(oci_state, oci_version, "ociVersion", REQUIRED),
	OCI_F(oci_state, id,          "id",         REQUIRED),
	OCI_F(oci_state, status,      "status",     REQUIRED,
	      ONE_OF("creating created running stopped paused")),
	OCI_F(oci_state, pid,         "pid",        AT_LEAST(0)),
	OCI_F(oci_state, bundle,      "bundle",     REQUIRED),
	OCI_F(oci_state, annotations, "annotations"));

OCI_DESC(oci_process_state,
	OCI_F(oci_process_state, oci_version, "ociVersion", REQUIRED),
	OCI_F(oci_process_state, fds,         "fds"),
	OCI_F(oci_process_state, pid,         "pid",        REQUIRED),
	OCI_F(oci_process_state, metadata,    "metadata"),
	OCI_O(oci_process_state, state,       "state",      oci_state, REQUIRED));
/* clang-format on */
