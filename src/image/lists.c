/* lists.c - see lists.h */
#include "image/lists.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void *list_grow(void *items, size_t n, size_t size)
{
	char *bigger = xcalloc(n + 2, size);

	if (n)
		memcpy(bigger, items, n * size);
	free(items);
	return bigger;
}

void strings_add(struct oci_strings *strings, char *item)
{
	strings->items = list_grow(strings->items, strings->n, sizeof(*strings->items));
	strings->items[strings->n++] = item;
}

void strings_release(struct oci_strings *strings)
{
	for (size_t i = 0; i < strings->n; i++)
		free(strings->items[i]);
	free(strings->items);
	*strings = (struct oci_strings){ 0 };
}

bool strings_have(const struct oci_strings *strings, const char *item)
{
	for (size_t i = 0; i < strings->n; i++)
		if (strcmp(strings->items[i], item) == 0)
			return true;
	return false;
}

void pairs_set(struct oci_string_map *pairs, char *name, char *value)
{
	for (size_t i = 0; i < pairs->n; i++) {
		if (strcmp(pairs->items[i].name, name) == 0) {
			free(name);
			free(pairs->items[i].value);
			pairs->items[i].value = value;
			return;
		}
	}
	pairs->items = list_grow(pairs->items, pairs->n, sizeof(*pairs->items));
	pairs->items[pairs->n++] = (struct oci_pair){ name, value };
}
