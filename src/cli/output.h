/* output.h - what a command prints */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "base/error.h"
#include "base/text.h"

struct oci_desc;

/* Writes all of text to the standard output. */
int output_text(const struct str *text, struct error *err);

/* Writes object, which desc describes, as an indented JSON document. */
int output_document(const struct oci_desc *desc, const void *object, struct error *err);

#endif
