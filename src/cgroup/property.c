/* property.c - see property.h */
#include "cgroup/property.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

bool property_is_text(char type)
{
	return type == 's' || type == 'o' || type == 'g';
}

const char *property_element(const struct property *property, size_t *ret_len)
{
	const char *type = property->type;

	*ret_len = 1;
	if (type[0] != 'a')
		return type;
	if (type[1] != '(')
		return type + 1;
	*ret_len = strcspn(type + 2, ")");
	return type + 2;
}

char property_value_type(const struct property *property, size_t i)
{
	size_t n;
	const char *types = property_element(property, &n);

	return types[i % n];
}

static void release_values(struct property *property)
{
	for (size_t i = 0; i < property->n; i++)
		if (property_is_text(property_value_type(property, i)))
			free(property->values[i].text);
	free(property->values);
	property->values = NULL;
	property->n = 0;
}

static void release(struct property *property)
{
	release_values(property);
	free(property->name);
	free(property->type);
}

void property_list_release(struct property_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		release(&list->items[i]);
	free(list->items);
	*list = (struct property_list){ 0 };
}

struct property *property_find(const struct property_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	return NULL;
}

struct property *property_add(struct property_list *list, const char *name, const char *type)
{
	struct property *found = property_find(list, name);

	if (found)
		return found;
	list->items = xreallocarray(list->items, list->n + 1, sizeof(*list->items));
	found = &list->items[list->n++];
	*found = (struct property){ .name = xstrdup(name), .type = xstrdup(type) };
	return found;
}

static void push(struct property *property, union property_value value)
{
	/* grows by doubling: room ends where n is a power of two */
	if ((property->n & (property->n - 1)) == 0) {
		size_t room = property->n ? property->n * 2 : 1;

		property->values = xreallocarray(property->values, room, sizeof(value));
	}
	property->values[property->n++] = value;
}

void property_push_number(struct property *property, uint64_t number)
{
	push(property, (union property_value){ .number = number });
}

void property_push_real(struct property *property, double real)
{
	push(property, (union property_value){ .real = real });
}

void property_push_text(struct property *property, const char *text)
{
	push(property, (union property_value){ .text = xstrdup(text) });
}

void property_copy_values(struct property *to, const struct property *from)
{
	release_values(to);
	free(to->type);
	to->type = xstrdup(from->type);
	to->since = 0;
	for (size_t i = 0; i < from->n; i++)
		if (property_is_text(property_value_type(from, i)))
			property_push_text(to, from->values[i].text);
		else
			push(to, from->values[i]);
}

void property_set_number(struct property_list *list, const char *name, const char *type,
			 uint64_t number)
{
	struct property *property = property_add(list, name, type);

	/* a later setting of the same file (unified's) overrides */
	property->n = 0;
	property_push_number(property, number);
}

void property_set_text(struct property_list *list, const char *name, const char *text)
{
	property_push_text(property_add(list, name, "s"), text);
}
