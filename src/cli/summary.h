/* summary.h - a container as state and list print it: the specification's state, and what
 * engines expect beside it */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include <stdint.h>

#include "container/operations.h"
#include "libocispec/types.h"

struct summary_document {
	char *oci_version;
	char *id;
	int64_t pid; /* 0 once stopped */
	char *status;
	char *bundle;
	char *rootfs;
	char *created;
	struct oci_string_map annotations;
	char *owner;
};

extern const struct oci_desc summary_document_desc;

/* The document borrows the summary's strings. */
struct summary_document summary_document_of(const struct container_summary *summary);

#endif
