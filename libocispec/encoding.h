/* encoding.h - is a document text that C strings can hold, and where in it is a byte
 *
 * yajl lets pass what later readers would choke on or misread: overlong UTF-8, lone surrogates
 * (which it silently replaces), U+0000; and it cannot say where a malformed escape begins.  So the
 * whole text is looked at once before it is parsed. */
#ifndef OCI_ENCODING_H
#define OCI_ENCODING_H

#include <stdbool.h>
#include <stddef.h>

/* Returns NULL if text[0..len) is UTF-8 (RFC 3629) without a byte order mark, without U+0000 as a
 * byte or as an escape, with whole escapes, surrogates in pairs, and no blanks but JSON's; else the
 * reason, with the offset of the offending byte in *ret_at. */
const char *oci_encoding_check(const char *text, size_t len, size_t *ret_at);

/* Writes "line L, column C" of the byte at offset at, both from 1, columns in characters. */
void oci_encoding_position(const char *text, size_t at, char *ret, size_t size);

/* Copies text[0..len) to ret for a message: bytes that are not printable ASCII become \xNN, and
 * what does not fit is cut at a whole character and ends with "...". */
void oci_encoding_quote(const char *text, size_t len, char *ret, size_t size);

#endif
