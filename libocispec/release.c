/* release.c - frees what an object owns; see document.h */
#include <stdlib.h>
#include <string.h>

#include "libocispec/desc.h"
#include "libocispec/document.h"
#include "libocispec/list.h"

/* Tables nest a few levels and never in a circle, so the walks over them may recurse. */

static void release_item(const struct oci_member *member, void *item)
{
	if (member->kind == OCI_KIND_STRINGS)
		free(*(char **) item);
	else if (member->kind == OCI_KIND_STRING_MAP)
		free(((struct oci_pair *) item)->value);
	else if (member->kind != OCI_KIND_U32S)
		oci_release(member->object, item);
}

static void release_list(const struct oci_member *member, struct oci_any_list *list)
{
	size_t size = oci_item_size(member);

	for (size_t i = 0; i < list->n; i++) {
		release_item(member, (char *) list->items + i * size);
		if (member->kind == OCI_KIND_STRING_MAP || member->kind == OCI_KIND_OBJECT_MAP)
			free(*oci_map_name(list, member, i));
	}
	free(list->items);
	if (member->kind == OCI_KIND_OBJECT_MAP)
		free(list->keys);
}

static void release_member(const struct oci_member *member, char *place)
{
	struct oci_any_pointer *pointer = (struct oci_any_pointer *) place;

	switch (member->kind) {
	case OCI_KIND_OBJECT:
		if (pointer->p != NULL)
			oci_release(member->object, pointer->p);
		free(pointer->p);
		break;
	case OCI_KIND_STRING:
		free(pointer->p);
		break;
	case OCI_KIND_STRINGS:
	case OCI_KIND_U32S:
	case OCI_KIND_STRING_MAP:
	case OCI_KIND_OBJECTS:
	case OCI_KIND_OBJECT_MAP:
		release_list(member, (struct oci_any_list *) place);
		break;
	default:
		break;
	}
}

void oci_release(const struct oci_desc *desc, void *object)
{
	for (size_t i = 0; i < desc->n; i++)
		release_member(&desc->members[i], (char *) object + desc->members[i].offset);
	memset(object, 0, desc->size);
}
