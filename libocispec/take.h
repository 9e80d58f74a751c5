/* take.h - puts one value of a JSON document into its place in a struct */
#ifndef OCI_TAKE_H
#define OCI_TAKE_H

#include "libocispec/reader.h"

/* The place of a value, and what it must be. */
struct oci_target {
	enum oci_kind kind;
	const struct oci_member *member; /* the row; NULL for the document itself */
	const struct oci_desc *desc;	 /* OBJECT: its table */
	char *place;
	bool is_inline; /* OBJECT: the place is the object, not a pointer to it */
};

/* Checks the value against its row and stores it; an object or array becomes the reader's next
 * frame.  Returns false with the reader's error filled. */
bool oci_take(struct oci_reader *reader, const struct oci_target *target,
	      const struct oci_event *event);

/* The same for the null of a member. */
bool oci_take_null(struct oci_reader *reader, const struct oci_target *target);

/* Each fills the reader's error, with the path of the value that it is at, and returns false. */
bool oci_reader_fail(struct oci_reader *reader, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
bool oci_reader_fail_memory(struct oci_reader *reader);

/* Leaves the path to the caller: so deep, the position in the text says more. */
bool oci_reader_fail_depth(struct oci_reader *reader);

/* "what 'value'", and the words that were possible unless known is NULL. */
bool oci_reader_fail_value(struct oci_reader *reader, const char *what, const char *value,
			   const char *known);

#endif
