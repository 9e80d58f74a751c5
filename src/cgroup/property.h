/* property.h - properties of a systemd unit: names and D-Bus values, not yet on a bus
 *
 * Pure data, made from linux.resources and from annotations, told to coracle-systemd as text
 * (property_text.h), and sent by it (systemd_bus.h). */
#ifndef CGROUP_PROPERTY_H
#define CGROUP_PROPERTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

union property_value {
	uint64_t number; /* also of signed types, as two's complement, and of booleans */
	double real;
	char *text;
};

struct property {
	char *name;
	char *type; /* D-Bus signature: of a basic type ("t"), of an array of such ("as"),
		     * or of an array of structs of such ("a(st)") */
	size_t n;   /* the basic values, one after another */
	union property_value *values;
	unsigned int since; /* the first version of systemd that knows it; 0: all do */
};

struct property_list {
	size_t n;
	struct property *items;
};

#define auto_property_list __attribute__((cleanup(property_list_release))) struct property_list

void property_list_release(struct property_list *list);

/* Adds a property without values, or returns the one that has this name already.  The answer is
 * good until the next call. */
struct property *property_add(struct property_list *list, const char *name, const char *type);

/* NULL: there is none. */
struct property *property_find(const struct property_list *list, const char *name);

void property_push_number(struct property *property, uint64_t number);
void property_push_real(struct property *property, double real);
void property_push_text(struct property *property, const char *text);

/* Gives `to` the type and the values of `from`, in place of its own. */
void property_copy_values(struct property *to, const struct property *from);

/* Properties of one value. */
void property_set_number(struct property_list *list, const char *name, const char *type,
			 uint64_t number);
void property_set_text(struct property_list *list, const char *name, const char *text);

/* The types of one element's values: of "t" "t", of "as" "s", of "a(st)" "st".  *ret_len: how many. */
const char *property_element(const struct property *property, size_t *ret_len);

/* The type of value i, one of D-Bus's basic types. */
char property_value_type(const struct property *property, size_t i);

/* 's', 'o' and 'g': the value is .text. */
bool property_is_text(char type);

#endif
