/* desc.h - description tables: one row for each member of an OCI object
 *
 * A struct that mirrors a JSON object has one table beside it, made by OCI_DESC from rows.  A row
 * names the object's struct, the C member, the JSON member, and what else must hold:
 *
 *	OCI_F(oci_root, path, "path", REQUIRED)                  a string, number, boolean, array of
 *	                                                         them, or a map of strings
 *	OCI_O(oci_config, root, "root", oci_root)                an object, held by pointer
 *	OCI_L(oci_config, mounts, "mounts", oci_mount)           an array of objects
 *	OCI_M(oci_resources, rdma, "rdma", oci_rdma)             an object whose names are data
 *
 * The kind of an OCI_F row is taken from the C member's type, and the other three compare the type
 * with the table they name: a row that disagrees with its struct does not compile.
 *
 * Only tables and walks include this; everything else needs document.h. */
#ifndef OCI_DESC_H
#define OCI_DESC_H

#include <stddef.h>

#include "libocispec/types.h"

enum oci_kind {
	OCI_KIND_STRING,
	OCI_KIND_BOOL,
	OCI_KIND_I32,
	OCI_KIND_I64,
	OCI_KIND_U32,
	OCI_KIND_U64,
	OCI_KIND_OPT_BOOL,
	OCI_KIND_OPT_U16,
	OCI_KIND_OPT_I32,
	OCI_KIND_OPT_U32,
	OCI_KIND_OPT_I64,
	OCI_KIND_OPT_U64,
	OCI_KIND_STRINGS,
	OCI_KIND_U32S,
	OCI_KIND_STRING_MAP,
	OCI_KIND_OBJECT,
	OCI_KIND_OBJECTS,
	OCI_KIND_OBJECT_MAP,
	OCI_KINDS
};

/* What a row may say of a value beyond its type. */
enum oci_check {
	OCI_CHECK_NONE,
	OCI_CHECK_OK,	    /* string(s); a map of strings: its names */
	OCI_CHECK_ONE_OF,   /* string(s) */
	OCI_CHECK_AT_LEAST, /* number */
	OCI_CHECK_EXACTLY,  /* number */
};

struct oci_member {
	const char *name;
	union {
		const struct oci_desc *object; /* OBJECT, OBJECTS, OBJECT_MAP */
		bool (*ok)(const char *value); /* OCI_CHECK_OK */
		const char *one_of;	       /* OCI_CHECK_ONE_OF: words, a space between */
		int64_t number;		       /* OCI_CHECK_AT_LEAST, OCI_CHECK_EXACTLY */
	};
	uint16_t offset;
	uint8_t name_length;
	uint8_t kind;  /* enum oci_kind */
	uint8_t check; /* enum oci_check */
	bool required;
	bool filled;  /* an array that must have an item */
	bool printed; /* even when it holds its default */
};

struct oci_desc {
	uint16_t size; /* of the struct */
	uint16_t n;
	struct oci_member members[];
};

/* What a row can end with. */
#define REQUIRED .required = true
#define FILLED .filled = true
#define PRINTED .printed = true
#define OK(function) .check = OCI_CHECK_OK, .ok = (function)
#define ONE_OF(words) .check = OCI_CHECK_ONE_OF, .one_of = (words)
#define AT_LEAST(value) .check = OCI_CHECK_AT_LEAST, .number = (value)
#define EXACTLY(value) .check = OCI_CHECK_EXACTLY, .number = (value)

/* clang-format off */
#define OCI_FIELD(type, field) (((struct type *) NULL)->field)

#define OCI_KIND_OF(type, field) _Generic(OCI_FIELD(type, field),                                  \
	char *: OCI_KIND_STRING,                                                                   \
	bool: OCI_KIND_BOOL,                                                                       \
	int32_t: OCI_KIND_I32,                                                                     \
	int64_t: OCI_KIND_I64,                                                                     \
	uint32_t: OCI_KIND_U32,                                                                    \
	uint64_t: OCI_KIND_U64,                                                                    \
	struct oci_bool: OCI_KIND_OPT_BOOL,                                                        \
	struct oci_u16: OCI_KIND_OPT_U16,                                                          \
	struct oci_i32: OCI_KIND_OPT_I32,                                                          \
	struct oci_u32: OCI_KIND_OPT_U32,                                                          \
	struct oci_i64: OCI_KIND_OPT_I64,                                                          \
	struct oci_u64: OCI_KIND_OPT_U64,                                                          \
	struct oci_strings: OCI_KIND_STRINGS,                                                      \
	struct oci_u32s: OCI_KIND_U32S,                                                            \
	struct oci_string_map: OCI_KIND_STRING_MAP)

/* The kind when the expression has the type that the row promises and the container its shape. */
#define OCI_KIND_IF(expression, promised, container, shape, kind_)                                 \
	(_Generic((expression), promised: kind_) +                                                 \
	 0 * sizeof(char[sizeof(container) == sizeof(shape) ? 1 : -1]))

#define OCI_ROW(type, field, json, kind_, ...)                                                     \
	{                                                                                          \
		.name = json, .name_length = sizeof(json) - 1,                                     \
		.offset = offsetof(struct type, field), .kind = kind_, __VA_ARGS__                 \
	}

#define OCI_F(type, field, json, ...)                                                              \
	OCI_ROW(type, field, json, OCI_KIND_OF(type, field), __VA_ARGS__)
#define OCI_O(type, field, json, item, ...)                                                        \
	OCI_ROW(type, field, json,                                                                 \
		OCI_KIND_IF(OCI_FIELD(type, field), struct item *,                                 \
			    OCI_FIELD(type, field), void *, OCI_KIND_OBJECT),                      \
		.object = &item##_desc, __VA_ARGS__)
#define OCI_L(type, field, json, item, ...)                                                        \
	OCI_ROW(type, field, json,                                                                 \
		OCI_KIND_IF(OCI_FIELD(type, field).items, struct item *,                           \
			    OCI_FIELD(type, field), OCI_LIST(void), OCI_KIND_OBJECTS),             \
		.object = &item##_desc, __VA_ARGS__)
#define OCI_M(type, field, json, item, ...)                                                        \
	OCI_ROW(type, field, json,                                                                 \
		OCI_KIND_IF(OCI_FIELD(type, field).items, struct item *,                           \
			    OCI_FIELD(type, field), OCI_MAP(void), OCI_KIND_OBJECT_MAP),           \
		.object = &item##_desc, __VA_ARGS__)
/* clang-format on */

/* At most this many members in an object: the parser remembers in one word which it has seen. */
#define OCI_MEMBERS_MAX 32

/* Defines type##_desc for struct type; may have static before it. */
#define OCI_DESC(type, ...)                       \
	const struct oci_desc type##_desc = {     \
		.size = sizeof(struct type),      \
		.n = OCI_COUNT_ROWS(__VA_ARGS__), \
		.members = { __VA_ARGS__ },       \
	};                                        \
	_Static_assert(OCI_COUNT_ROWS(__VA_ARGS__) <= OCI_MEMBERS_MAX, #type " has too many rows")
#define OCI_COUNT_ROWS(...) \
	(sizeof((struct oci_member[]){ __VA_ARGS__ }) / sizeof(struct oci_member))

/* How the walks see any array or map: OCI_LIST and its named kin have no keys to look at. */
struct oci_any_list {
	size_t n;
	void *items;
	char **keys; /* OBJECT_MAP only */
} __attribute__((may_alias));

/* How they see a pointer to an object or a string. */
struct oci_any_pointer {
	void *p;
} __attribute__((may_alias));

/* Bytes that a value of the kind takes in its struct. */
size_t oci_kind_size(enum oci_kind kind);

/* Bytes of one item of an array or map of the member's kind. */
size_t oci_item_size(const struct oci_member *member);

#endif
