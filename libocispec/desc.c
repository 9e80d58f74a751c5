/* desc.c - the sizes that the kinds of a description table stand for; see desc.h */
#include "libocispec/desc.h"

static const uint8_t kind_sizes[OCI_KINDS] = {
	[OCI_KIND_STRING] = sizeof(char *),
	[OCI_KIND_BOOL] = sizeof(bool),
	[OCI_KIND_I32] = sizeof(int32_t),
	[OCI_KIND_I64] = sizeof(int64_t),
	[OCI_KIND_U32] = sizeof(uint32_t),
	[OCI_KIND_U64] = sizeof(uint64_t),
	[OCI_KIND_OPT_BOOL] = sizeof(struct oci_bool),
	[OCI_KIND_OPT_U16] = sizeof(struct oci_u16),
	[OCI_KIND_OPT_I32] = sizeof(struct oci_i32),
	[OCI_KIND_OPT_U32] = sizeof(struct oci_u32),
	[OCI_KIND_OPT_I64] = sizeof(struct oci_i64),
	[OCI_KIND_OPT_U64] = sizeof(struct oci_u64),
	[OCI_KIND_STRINGS] = sizeof(struct oci_strings),
	[OCI_KIND_U32S] = sizeof(struct oci_u32s),
	[OCI_KIND_STRING_MAP] = sizeof(struct oci_string_map),
	[OCI_KIND_OBJECT] = sizeof(void *),
	[OCI_KIND_OBJECTS] = sizeof(OCI_LIST(void)),
	[OCI_KIND_OBJECT_MAP] = sizeof(OCI_MAP(void)),
};

size_t oci_kind_size(enum oci_kind kind)
{
	return kind_sizes[kind];
}

size_t oci_item_size(const struct oci_member *member)
{
	switch (member->kind) {
	case OCI_KIND_STRINGS:
		return sizeof(char *);
	case OCI_KIND_U32S:
		return sizeof(uint32_t);
	case OCI_KIND_STRING_MAP:
		return sizeof(struct oci_pair);
	default:
		return member->object->size;
	}
}
