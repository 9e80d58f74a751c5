/* skip.h - where an object of a document ends, without a look at what it says */
#ifndef OCI_SKIP_H
#define OCI_SKIP_H

#include "libocispec/document.h"

/* The length of the object that text[0..len) begins with; 0 if it begins with none, or the text
 * ends before the object does.  Exact for an object that is JSON, whatever follows it.  Of one that
 * is not it only says how far somebody would have to read to find that out. */
size_t oci_skip_object(const char *text, size_t len);

/* The object that is the value of the name that text follows.  Its text is NULL when the value is
 * no object, or does not end. */
struct oci_text oci_object_behind(const char *text, size_t len);

#endif
