/* document.h - the four walks over a description table: parse, print, copy, free.
 *
 * Every OCI object is described by one table (struct oci_desc, see desc.h); the walks know
 * JSON, the tables know the specifications.  A document is bounded: OCI_DOCUMENT_MAX bytes and
 * OCI_DEPTH_MAX levels, so hostile input costs bounded memory and no recursion.
 *
 * Parsing is strict where a wrong guess would be unsafe: numbers must be integers in the C
 * type's range, a known member may stand once only, a string may not hold U+0000, and input
 * after the document is refused.  null means absent; members that the table does not name are
 * skipped, as the specifications ask. */
#ifndef OCI_DOCUMENT_H
#define OCI_DOCUMENT_H

#include <stddef.h>

struct oci_desc;

#define OCI_DOCUMENT_MAX ((size_t) 4 << 20)
#define OCI_DEPTH_MAX 64

struct oci_error {
	int code;	/* errno: EINVAL, EFBIG, ENOMEM */
	char path[128]; /* "mounts[2].destination", or "line 3, column 7" */
	char text[256]; /* what is wrong there; one line */
};

/* Reads the document json[0..len) into object, a zeroed struct of the type that desc
 * describes.  Returns 0, or -errno with *err filled; on failure the object is zeroed again and
 * holds nothing to free. */
int oci_parse(const struct oci_desc *desc, void *object, const char *json, size_t len,
	      struct oci_error *err);

/* A part of a document, as it is written there. */
struct oci_text {
	const char *text;
	size_t len;
};

/* As oci_parse(), but for the object at `path` ("linux.seccomp"), which is not read: its member
 * stays NULL, and *ret_text is where it stands in json.  For who may know it already; everybody
 * else calls oci_parse(), for nothing is said of what is in it but that it is UTF-8.  When there is
 * none, or it cannot be told apart, all is read, and ret_text->text is NULL. */
int oci_parse_except(const struct oci_desc *desc, void *object, const char *json, size_t len,
		     const char *path, struct oci_text *ret_text, struct oci_error *err);

enum oci_print_style {
	OCI_PRINT_COMPACT, /* one line, no newline at the end */
	OCI_PRINT_PRETTY,  /* four spaces a level, newline at the end */
};

/* Prints object as JSON.  Members at their default (absent, false, 0, empty) are left out unless
 * the table requires them.  *ret_json is NUL-terminated, to be freed with free(); ret_len may be
 * NULL.  Returns 0 or -errno (only ENOMEM). */
int oci_print(const struct oci_desc *desc, const void *object, enum oci_print_style style,
	      char **ret_json, size_t *ret_len);

/* Deep copy into *ret_object, which is overwritten.  Returns 0 or -ENOMEM (nothing to free). */
int oci_copy(const struct oci_desc *desc, void *ret_object, const void *object);

/* Frees all that object owns and zeroes it; the struct itself is the caller's. */
void oci_release(const struct oci_desc *desc, void *object);

#endif
