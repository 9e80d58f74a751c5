/* summary.c - see summary.h */
#include "cli/summary.h"

#include "libocispec/desc.h"

/* clang-format off */
OCI_DESC(summary_document,
	OCI_F(summary_document, oci_version, "ociVersion", REQUIRED),
	OCI_F(summary_document, id,          "id",         REQUIRED),
	OCI_F(summary_document, pid,         "pid",        PRINTED),
	OCI_F(summary_document, status,      "status",     REQUIRED),
	OCI_F(summary_document, bundle,      "bundle",     REQUIRED),
	OCI_F(summary_document, rootfs,      "rootfs",     REQUIRED),
	OCI_F(summary_document, created,     "created",    REQUIRED),
	OCI_F(summary_document, annotations, "annotations"),
	OCI_F(summary_document, owner,       "owner",      PRINTED));
/* clang-format on */

struct summary_document summary_document_of(const struct container_summary *summary)
{
	return (struct summary_document){
		.oci_version = summary->state.oci_version,
		.id = summary->state.id,
		.pid = summary->state.pid.is_set ? summary->state.pid.value : 0,
		.status = summary->state.status,
		.bundle = summary->state.bundle,
		.rootfs = summary->rootfs,
		.created = summary->created,
		.annotations = summary->state.annotations,
		.owner = summary->owner,
	};
}
