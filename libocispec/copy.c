/* copy.c - deep copies of objects; see document.h */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libocispec/desc.h"
#include "libocispec/document.h"
#include "libocispec/list.h"

static int copy_string(char **to, char *from)
{
	if (from == NULL)
		return 0;
	*to = strdup(from);
	return *to != NULL ? 0 : -ENOMEM;
}

static int copy_object(const struct oci_member *member, struct oci_any_pointer *to,
		       const struct oci_any_pointer *from)
{
	if (from->p == NULL)
		return 0;
	to->p = malloc(member->object->size);
	if (to->p == NULL)
		return -ENOMEM;
	return oci_copy(member->object, to->p, from->p);
}

static int copy_item(const struct oci_member *member, void *to, void *from)
{
	switch (member->kind) {
	case OCI_KIND_U32S:
		memcpy(to, from, sizeof(uint32_t));
		return 0;
	case OCI_KIND_STRINGS:
		return copy_string(to, *(char **) from);
	case OCI_KIND_STRING_MAP:
		return copy_string(&((struct oci_pair *) to)->value,
				   ((struct oci_pair *) from)->value);
	default:
		return oci_copy(member->object, to, from);
	}
}

static int copy_list(const struct oci_member *member, struct oci_any_list *to,
		     const struct oci_any_list *from)
{
	bool is_map = member->kind == OCI_KIND_STRING_MAP || member->kind == OCI_KIND_OBJECT_MAP;
	size_t size = oci_item_size(member);
	int r = 0;

	for (size_t i = 0; i < from->n && r == 0; i++) {
		char *name = is_map ? strdup(*oci_map_name(from, member, i)) : NULL;

		if ((is_map && name == NULL) || !oci_list_append(to, member, name)) {
			free(name);
			return -ENOMEM;
		}
		r = copy_item(member, (char *) to->items + i * size,
			      (char *) from->items + i * size);
	}
	return r;
}

static int copy_member(const struct oci_member *member, char *to, char *from)
{
	switch (member->kind) {
	case OCI_KIND_STRING:
		return copy_string((char **) to, *(char **) from);
	case OCI_KIND_OBJECT:
		return copy_object(member, (struct oci_any_pointer *) to,
				   (struct oci_any_pointer *) from);
	case OCI_KIND_STRINGS:
	case OCI_KIND_U32S:
	case OCI_KIND_STRING_MAP:
	case OCI_KIND_OBJECTS:
	case OCI_KIND_OBJECT_MAP:
		return copy_list(member, (struct oci_any_list *) to, (struct oci_any_list *) from);
	default:
		memcpy(to, from, oci_kind_size(member->kind));
		return 0;
	}
}

int oci_copy(const struct oci_desc *desc, void *ret_object, const void *object)
{
	int r = 0;

	memset(ret_object, 0, desc->size);
	for (size_t i = 0; i < desc->n && r == 0; i++) {
		const struct oci_member *member = &desc->members[i];

		r = copy_member(member, (char *) ret_object + member->offset,
				(char *) object + member->offset);
	}
	if (r < 0)
		oci_release(desc, ret_object);
	return r;
}
