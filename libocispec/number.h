/* number.h - JSON numbers <-> the integer members of the OCI structs
 *
 * The documents have integers only.  They must be written as such: 1.0, 1e3 and -0 are refused,
 * whatever their value, and so is what the member's C type cannot hold. */
#ifndef OCI_NUMBER_H
#define OCI_NUMBER_H

#include "libocispec/desc.h"

#define OCI_NUMBER_SIZE 24

/* Reads text[0..len) into the number of this kind at place and holds it to the member's check.
 * Returns false with the reason, one line, in reason[0..size).  kind is the member's, or
 * OCI_KIND_U32 for an item of an array. */
bool oci_number_read(const struct oci_member *member, enum oci_kind kind, void *place,
		     const char *text, size_t len, char *reason, size_t size);

/* Writes the number at place in decimal, NUL-terminated, and returns its length. */
size_t oci_number_write(enum oci_kind kind, const void *place, char text[OCI_NUMBER_SIZE]);

/* True if the number at place is absent, or 0 where that means the same. */
bool oci_number_is_default(enum oci_kind kind, const void *place);

#endif
