/* types.h - the C shapes that JSON values of the OCI documents take */
#ifndef OCI_TYPES_H
#define OCI_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A member that may be absent, where absent and zero mean different things. */
/* clang-format off */
struct oci_bool { bool is_set; bool value; };
struct oci_u16 { bool is_set; uint16_t value; };
struct oci_i32 { bool is_set; int32_t value; };
struct oci_u32 { bool is_set; uint32_t value; };
struct oci_i64 { bool is_set; int64_t value; };
struct oci_u64 { bool is_set; uint64_t value; };
/* clang-format on */

/* An array of strings, none of them NULL; a NULL that n does not count ends it, for an argv or an
 * environ.  When n is 0, items is NULL unless the document has an empty array there. */
struct oci_strings {
	size_t n;
	char **items;
};

/* An array of numbers. */
struct oci_u32s {
	size_t n;
	uint32_t *items;
};

/* A JSON object whose members are all strings (annotations, labels), in document order. */
struct oci_pair {
	char *name;
	char *value;
};
struct oci_string_map {
	size_t n;
	struct oci_pair *items;
};

/* An array of objects; items is NULL when n is 0. */
/* clang-format off */
#define OCI_LIST(type) struct { size_t n; type *items; }

/* A JSON object whose member names are data: keys[i] names items[i]; document order. */
#define OCI_MAP(type) struct { size_t n; type *items; char **keys; }
/* clang-format on */

#endif
