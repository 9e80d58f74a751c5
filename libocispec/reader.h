/* reader.h - takes a JSON document's events, in order, into the structs that tables describe
 *
 * The parser's middle: parse.c turns text into events, the reader knows which member an event is
 * for, what its row asks of it, and the path to name when it is wrong.  It keeps an explicit stack
 * of at most OCI_DEPTH_MAX frames and does not recurse.  Everything it allocates hangs on the root
 * object at once, so after an error oci_release() on the root frees all. */
#ifndef OCI_READER_H
#define OCI_READER_H

#include "libocispec/desc.h"
#include "libocispec/document.h"

enum oci_event_type {
	OCI_EVENT_NULL,
	OCI_EVENT_BOOLEAN, /* text is "true" or "false" */
	OCI_EVENT_NUMBER,  /* text is the number as written */
	OCI_EVENT_STRING,
	OCI_EVENT_OBJECT, /* its beginning */
	OCI_EVENT_ARRAY,  /* its beginning */
};

struct oci_event {
	enum oci_event_type type;
	const char *text; /* need not be NUL-terminated */
	size_t len;
};

/* An object or array that has begun and not ended. */
struct oci_frame {
	enum oci_kind kind;		 /* OBJECT or one of the arrays and maps */
	uint32_t seen;			 /* OBJECT: rows whose name has been read */
	const struct oci_desc *desc;	 /* OBJECT: its table */
	const struct oci_member *member; /* OBJECT: whose value comes next, NULL if unknown;
					  * else: the row that the array or map is the value of */
	char *value;			 /* the object, or the struct oci_any_list */
};

struct oci_reader {
	const struct oci_desc *desc;
	void *object;
	struct oci_error *err;
	size_t depth;	  /* frames in use */
	size_t skipped;	  /* levels open inside an unknown member */
	bool is_complete; /* the document has ended */
	struct oci_frame frames[OCI_DEPTH_MAX];
};

/* Each takes one event and returns true, or false with *err filled (its path empty where the
 * position in the text says more).  The caller stops then. */
bool oci_reader_value(struct oci_reader *reader, const struct oci_event *event);
bool oci_reader_key(struct oci_reader *reader, const char *key, size_t len);
bool oci_reader_end(struct oci_reader *reader);

#endif
