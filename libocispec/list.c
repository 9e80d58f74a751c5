/* list.c - growing the arrays and maps of the OCI structs; see list.h */
#include "libocispec/list.h"

#include <stdlib.h>
#include <string.h>

/* Makes room for item n.  The room is not recorded: it is 4 items, or the power of two from n up,
 * and one more for the NULL of an array of strings. */
static bool make_room(void **items, size_t n, size_t item_size, size_t extra)
{
	size_t room = n == 0 ? 4 : n * 2;
	void *grown;

	if (n != 0 && (n < 4 || (n & (n - 1)) != 0))
		return true;
	grown = reallocarray(*items, room + extra, item_size);
	if (grown == NULL)
		return false;
	*items = grown;
	return true;
}

bool oci_list_append(struct oci_any_list *list, const struct oci_member *member, char *name)
{
	size_t size = oci_item_size(member);
	size_t extra = member->kind == OCI_KIND_STRINGS ? 1 : 0;
	void *keys;

	if (!make_room(&list->items, list->n, size, extra))
		return false;
	if (member->kind == OCI_KIND_OBJECT_MAP) {
		keys = list->keys;
		if (!make_room(&keys, list->n, sizeof(char *), 0))
			return false;
		list->keys = keys;
	}
	memset((char *) list->items + list->n * size, 0, (1 + extra) * size);
	list->n++;
	if (name != NULL)
		*oci_map_name(list, member, list->n - 1) = name;
	return true;
}

char **oci_map_name(const struct oci_any_list *map, const struct oci_member *member, size_t i)
{
	if (member->kind == OCI_KIND_OBJECT_MAP)
		return &map->keys[i];
	return &((struct oci_pair *) map->items)[i].name;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

bool oci_map_is_unique(const struct oci_any_list *map, const struct oci_member *member,
		       const char **ret_twice)
{
	const char **names;

	*ret_twice = NULL;
	if (map->n < 2)
		return true;
	names = reallocarray(NULL, map->n, sizeof(*names));
	if (names == NULL)
		return false;
	for (size_t i = 0; i < map->n; i++)
		names[i] = *oci_map_name(map, member, i);
	/* Sorting: comparing each with each would take minutes for a hostile 4 MiB map. */
	qsort(names, map->n, sizeof(*names), compare);
	for (size_t i = 1; i < map->n; i++) {
		if (strcmp(names[i - 1], names[i]) == 0)
			*ret_twice = names[i];
	}
	free(names);
	return true;
}
