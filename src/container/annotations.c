/* annotations.c - see annotations.h */
#include "container/annotations.h"

#include "base/text.h"

const char *annotation_get(const struct oci_string_map *annotations, const char *name)
{
	for (size_t i = 0; i < annotations->n; i++)
		if (str_equal(annotations->items[i].name, name))
			return annotations->items[i].value;
	return NULL;
}
