/* lists.h - adding to the arrays and maps of OCI structs, whose items are freed with free() */
#ifndef IMAGE_LISTS_H
#define IMAGE_LISTS_H

#include <stdbool.h>

#include "libocispec/types.h"

/* Each takes its strings, which are heap memory.  Without memory the process ends. */
void strings_add(struct oci_strings *strings, char *item);

/* Frees the strings and their array. */
void strings_release(struct oci_strings *strings);
#define auto_strings __attribute__((cleanup(strings_release))) struct oci_strings

bool strings_have(const struct oci_strings *strings, const char *item);

/* Sets the name's value; an older value goes away. */
void pairs_set(struct oci_string_map *pairs, char *name, char *value);

/* Room for one more item behind n, zeroed, and for the zeros that end an array of strings. */
void *list_grow(void *items, size_t n, size_t size);

#endif
