/* property_text.h - a D-Bus value written as text, in the way of GLib's GVariant
 *
 *	true  false                     boolean
 *	5  -5  0x10                     int32
 *	uint64 5  byte 5  int64 -1      the type in words: byte int16 uint16 int32 uint32 int64
 *	                                uint64 double boolean string objectpath signature
 *	1.5                             double
 *	'text'  "text"                  string, with \\ \' \" \n \t
 *	['a', 'b']  [uint64 1, 2]       array: all elements have the first one's type
 *	[('/dev/sda', uint64 1)]        array of tuples
 *	@as []  @t 5                    the type as a D-Bus signature; an empty array needs it
 *
 * That is a part of GVariant's format: what a unit's properties need.  No maybe types, no
 * dictionaries, no variants, no arrays in arrays. */
#ifndef CGROUP_PROPERTY_TEXT_H
#define CGROUP_PROPERTY_TEXT_H

#include "cgroup/property.h"

/* Reads the whole of text and adds the property to list, where none has this name.  Returns NULL,
 * or what is wrong with it: a sentence without a subject. */
const char *property_text_parse(const char *name, const char *text, struct property_list *list);

/* NAME=@TYPE VALUE, or NAME@SINCE=@TYPE VALUE where systemd knows it from a version on; to be freed. */
char *property_text_print(const struct property *property);

/* Reads what property_text_print() wrote, as property_text_parse() does. */
const char *property_text_read(const char *assignment, struct property_list *list);

#endif
