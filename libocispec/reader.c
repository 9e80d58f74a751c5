/* reader.c - takes a JSON document's events, in order, into the structs that tables describe; see
 * reader.h */
#include "libocispec/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libocispec/list.h"
#include "libocispec/take.h"

static struct oci_frame *top(struct oci_reader *r)
{
	return &r->frames[r->depth - 1];
}

/* The item that the value is for: appended now in an array, by its name before in a map. */
static bool next_item(struct oci_reader *r, struct oci_target *t)
{
	const struct oci_frame *frame = top(r);
	struct oci_any_list *list = (struct oci_any_list *) frame->value;
	size_t last;

	if (frame->kind != OCI_KIND_STRING_MAP && frame->kind != OCI_KIND_OBJECT_MAP &&
	    !oci_list_append(list, frame->member, NULL))
		return oci_reader_fail_memory(r);
	last = list->n - 1;
	*t = (struct oci_target){
		.member = frame->member,
		.place = (char *) list->items + last * oci_item_size(frame->member),
	};
	switch (frame->kind) {
	case OCI_KIND_U32S:
		t->kind = OCI_KIND_U32;
		break;
	case OCI_KIND_STRINGS:
		t->kind = OCI_KIND_STRING;
		break;
	case OCI_KIND_STRING_MAP:
		t->kind = OCI_KIND_STRING;
		t->place += offsetof(struct oci_pair, value);
		break;
	default:
		t->kind = OCI_KIND_OBJECT;
		t->desc = frame->member->object;
		t->is_inline = true;
	}
	return true;
}

/* Of an item whose table has no rows only the name counts, and null says as much as {}. */
static bool says_nothing(const struct oci_target *t, const struct oci_event *event)
{
	return event->type == OCI_EVENT_NULL && t->kind == OCI_KIND_OBJECT && t->desc->n == 0;
}

static void next_member(struct oci_reader *r, struct oci_target *t)
{
	const struct oci_frame *frame = top(r);

	*t = (struct oci_target){
		.kind = frame->member->kind,
		.member = frame->member,
		.place = frame->value + frame->member->offset,
	};
	if (t->kind == OCI_KIND_OBJECT)
		t->desc = t->member->object;
}

static bool skip_value(struct oci_reader *r, const struct oci_event *event)
{
	if (event->type != OCI_EVENT_OBJECT && event->type != OCI_EVENT_ARRAY)
		return true;
	r->skipped++;
	if (r->depth + r->skipped <= OCI_DEPTH_MAX)
		return true;
	return oci_reader_fail_depth(r);
}

bool oci_reader_value(struct oci_reader *r, const struct oci_event *event)
{
	struct oci_target t = {
		.kind = OCI_KIND_OBJECT,
		.desc = r->desc,
		.place = r->object,
		.is_inline = true,
	};

	if (r->skipped > 0 ||
	    (r->depth > 0 && top(r)->kind == OCI_KIND_OBJECT && top(r)->member == NULL))
		return skip_value(r, event);
	if (r->depth > 0 && top(r)->kind == OCI_KIND_OBJECT) {
		next_member(r, &t);
		if (event->type == OCI_EVENT_NULL)
			return oci_take_null(r, &t);
	} else if (r->depth > 0) {
		if (!next_item(r, &t))
			return false;
		if (says_nothing(&t, event))
			return true;
	}
	return oci_take(r, &t, event);
}

static bool take_member_name(struct oci_reader *r, const char *key, size_t len)
{
	struct oci_frame *frame = top(r);

	frame->member = NULL;
	for (size_t i = 0; i < frame->desc->n; i++) {
		const struct oci_member *member = &frame->desc->members[i];

		if (member->name_length != len || memcmp(member->name, key, len) != 0)
			continue;
		frame->member = member;
		if (frame->seen & UINT32_C(1) << i)
			return oci_reader_fail(r, EINVAL, "given twice");
		frame->seen |= UINT32_C(1) << i;
		break;
	}
	return true;
}

bool oci_reader_key(struct oci_reader *r, const char *key, size_t len)
{
	const struct oci_frame *frame;
	char *name;

	if (r->skipped > 0)
		return true;
	frame = top(r);
	if (frame->kind == OCI_KIND_OBJECT)
		return take_member_name(r, key, len);
	name = strndup(key, len);
	if (name == NULL)
		return oci_reader_fail_memory(r);
	if (!oci_list_append((struct oci_any_list *) frame->value, frame->member, name)) {
		free(name);
		return oci_reader_fail_memory(r);
	}
	if (frame->member->check == OCI_CHECK_OK && !frame->member->ok(name))
		return oci_reader_fail_value(r, "malformed name", name, NULL);
	return true;
}

static bool end_object(struct oci_reader *r)
{
	struct oci_frame *frame = top(r);

	for (size_t i = 0; i < frame->desc->n; i++) {
		frame->member = &frame->desc->members[i];
		if (frame->member->required && !(frame->seen & UINT32_C(1) << i))
			return oci_reader_fail(r, EINVAL, "is required");
	}
	r->depth--;
	r->is_complete = r->depth == 0;
	return true;
}

static bool end_list(struct oci_reader *r)
{
	const struct oci_frame *frame = top(r);
	const struct oci_any_list *list = (const struct oci_any_list *) frame->value;
	const char *twice;

	/* From here on the path is that of the whole list. */
	r->depth--;
	if (frame->member->filled && list->n == 0)
		return oci_reader_fail(r, EINVAL, "must not be empty");
	if (frame->kind != OCI_KIND_STRING_MAP && frame->kind != OCI_KIND_OBJECT_MAP)
		return true;
	if (!oci_map_is_unique(list, frame->member, &twice))
		return oci_reader_fail_memory(r);
	return twice == NULL || oci_reader_fail_value(r, "given twice:", twice, NULL);
}

bool oci_reader_end(struct oci_reader *r)
{
	if (r->skipped > 0) {
		r->skipped--;
		return true;
	}
	return top(r)->kind == OCI_KIND_OBJECT ? end_object(r) : end_list(r);
}
