/* path.h - the JSON path of the value that a reader is at */
#ifndef OCI_PATH_H
#define OCI_PATH_H

#include <stdbool.h>

#include "libocispec/reader.h"

/* Whether a member's name stands behind a dot; another one stands in [""]. */
bool oci_path_is_identifier(const char *name);

/* Writes the path, such as 'linux.resources.hugepageLimits[0].pageSize' or 'annotations["a.b"]',
 * empty for the document itself.  One that does not fit is cut and ends with "...". */
void oci_path_write(const struct oci_reader *reader, char *ret, size_t size);

#endif
