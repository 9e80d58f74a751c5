/* list.h - growing the arrays and maps of the OCI structs */
#ifndef OCI_LIST_H
#define OCI_LIST_H

#include "libocispec/desc.h"

/* Appends a zeroed item to the member's array, or to its map with the name, which the map then
 * owns.  An array of strings keeps its NULL at the end.  Returns false if there is no memory; the
 * list is then as before. */
bool oci_list_append(struct oci_any_list *list, const struct oci_member *member, char *name);

/* The name of item i of a map. */
char **oci_map_name(const struct oci_any_list *map, const struct oci_member *member, size_t i);

/* Looks for a name that the map has twice and points *ret_twice to it, or to NULL.  Returns false
 * if there is no memory for that. */
bool oci_map_is_unique(const struct oci_any_list *map, const struct oci_member *member,
		       const char **ret_twice);

#endif
