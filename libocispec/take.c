/* take.c - puts one value of a JSON document into its place in a struct; see take.h */
#include "libocispec/take.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libocispec/encoding.h"
#include "libocispec/number.h"
#include "libocispec/path.h"

static const char *const event_names[] = {
	[OCI_EVENT_NULL] = "null",	  [OCI_EVENT_BOOLEAN] = "a boolean",
	[OCI_EVENT_NUMBER] = "a number",  [OCI_EVENT_STRING] = "a string",
	[OCI_EVENT_OBJECT] = "an object", [OCI_EVENT_ARRAY] = "an array",
};

bool oci_reader_fail(struct oci_reader *r, int code, const char *fmt, ...)
{
	va_list args;

	r->err->code = code;
	va_start(args, fmt);
	vsnprintf(r->err->text, sizeof(r->err->text), fmt, args);
	va_end(args);
	oci_path_write(r, r->err->path, sizeof(r->err->path));
	return false;
}

bool oci_reader_fail_memory(struct oci_reader *r)
{
	return oci_reader_fail(r, ENOMEM, "out of memory");
}

bool oci_reader_fail_value(struct oci_reader *r, const char *what, const char *value,
			   const char *known)
{
	char quoted[80];

	oci_encoding_quote(value, strlen(value), quoted, sizeof(quoted));
	return oci_reader_fail(r, EINVAL, "%s '%s'%s%s", what, quoted,
			       known != NULL ? "; known are: " : "", known != NULL ? known : "");
}

bool oci_reader_fail_depth(struct oci_reader *r)
{
	oci_reader_fail(r, EINVAL, "more than %d levels deep", OCI_DEPTH_MAX);
	r->err->path[0] = '\0';
	return false;
}

static bool push(struct oci_reader *r, enum oci_kind kind, const struct oci_desc *desc,
		 const struct oci_member *member, char *value)
{
	if (r->depth == OCI_DEPTH_MAX)
		return oci_reader_fail_depth(r);
	r->frames[r->depth++] = (struct oci_frame){
		.kind = kind,
		.desc = desc,
		.member = member,
		.value = value,
	};
	return true;
}

static enum oci_event_type wanted_event(enum oci_kind kind)
{
	switch (kind) {
	case OCI_KIND_STRING:
		return OCI_EVENT_STRING;
	case OCI_KIND_BOOL:
	case OCI_KIND_OPT_BOOL:
		return OCI_EVENT_BOOLEAN;
	case OCI_KIND_STRINGS:
	case OCI_KIND_U32S:
	case OCI_KIND_OBJECTS:
		return OCI_EVENT_ARRAY;
	case OCI_KIND_STRING_MAP:
	case OCI_KIND_OBJECT:
	case OCI_KIND_OBJECT_MAP:
		return OCI_EVENT_OBJECT;
	default:
		return OCI_EVENT_NUMBER;
	}
}

static bool is_one_of(const char *value, const char *words)
{
	size_t len = (size_t) (strchrnul(value, ' ') - value);

	if (value[len] != '\0')
		return false;
	for (const char *word = words; word != NULL; word = strchr(word, ' ')) {
		word += *word == ' ';
		if (strncmp(word, value, len) == 0 && (word[len] == ' ' || word[len] == '\0'))
			return true;
	}
	return false;
}

static bool take_string(struct oci_reader *r, const struct oci_target *t,
			const struct oci_event *event)
{
	char *value = strndup(event->text, event->len);

	if (value == NULL)
		return oci_reader_fail_memory(r);
	((struct oci_any_pointer *) t->place)->p = value;
	if (t->member->kind == OCI_KIND_STRING_MAP)
		return true;
	if (t->member->check == OCI_CHECK_OK && !t->member->ok(value))
		return oci_reader_fail_value(r, "malformed value", value, NULL);
	if (t->member->check == OCI_CHECK_ONE_OF && !is_one_of(value, t->member->one_of))
		return oci_reader_fail_value(r, "unknown value", value, t->member->one_of);
	return true;
}

static bool take_boolean(const struct oci_target *t, const struct oci_event *event)
{
	bool value = event->text[0] == 't';

	if (t->kind == OCI_KIND_BOOL)
		*(bool *) t->place = value;
	else
		*(struct oci_bool *) t->place = (struct oci_bool){ .is_set = true, .value = value };
	return true;
}

static bool take_number(struct oci_reader *r, const struct oci_target *t,
			const struct oci_event *event)
{
	char reason[80];

	if (!oci_number_read(t->member, t->kind, t->place, event->text, event->len, reason,
			     sizeof(reason)))
		return oci_reader_fail(r, EINVAL, "%s", reason);
	return true;
}

static bool begin_object(struct oci_reader *r, const struct oci_target *t)
{
	char *object = t->place;

	if (!t->is_inline) {
		object = calloc(1, t->desc->size);
		if (object == NULL)
			return oci_reader_fail_memory(r);
		((struct oci_any_pointer *) t->place)->p = object;
	}
	return push(r, OCI_KIND_OBJECT, t->desc, NULL, object);
}

/* An array that is there, though empty, can be told from one that is not. */
static bool begin_strings(struct oci_reader *r, const struct oci_target *t)
{
	struct oci_strings *strings = (void *) t->place;

	if (strings->items == NULL)
		strings->items = calloc(1, sizeof(*strings->items));
	if (strings->items == NULL)
		return oci_reader_fail_memory(r);
	return push(r, t->kind, NULL, t->member, t->place);
}

bool oci_take(struct oci_reader *r, const struct oci_target *t, const struct oci_event *event)
{
	if (wanted_event(t->kind) != event->type)
		return oci_reader_fail(r, EINVAL, "expected %s, found %s",
				       event_names[wanted_event(t->kind)],
				       event_names[event->type]);
	switch (event->type) {
	case OCI_EVENT_STRING:
		return take_string(r, t, event);
	case OCI_EVENT_BOOLEAN:
		return take_boolean(t, event);
	case OCI_EVENT_NUMBER:
		return take_number(r, t, event);
	default:
		if (t->kind == OCI_KIND_OBJECT)
			return begin_object(r, t);
		if (t->kind == OCI_KIND_STRINGS)
			return begin_strings(r, t);
		return push(r, t->kind, NULL, t->member, t->place);
	}
}

/* null is as good as absent.  An array that must be there may be null too: so Go writes one that
 * is empty. */
bool oci_take_null(struct oci_reader *r, const struct oci_target *t)
{
	bool is_array = t->kind == OCI_KIND_STRINGS || t->kind == OCI_KIND_OBJECTS;

	if (t->member->filled)
		return oci_reader_fail(r, EINVAL, "must not be empty");
	if (t->member->required && !is_array)
		return oci_reader_fail(r, EINVAL, "is required");
	return true;
}
