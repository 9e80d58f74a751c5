/* path.c - the JSON path of the value that a reader is at; see path.h */
#include "libocispec/path.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "libocispec/encoding.h"

struct path {
	char *text;
	size_t size;
	size_t len;
};

static void append(struct path *path, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void append(struct path *path, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(path->text + path->len, path->size - path->len, fmt, args);
	va_end(args);
	path->len += (size_t) len;
	if (path->len < path->size)
		return;
	memcpy(path->text + path->size - 4, "...", 4);
	path->len = path->size - 1;
}

bool oci_path_is_identifier(const char *name)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

	return name[0] != '\0' && strspn(name, letters) == strlen(name);
}

static void append_name(struct path *path, const char *name)
{
	char quoted[64];

	if (oci_path_is_identifier(name)) {
		append(path, "%s%s", path->len > 0 ? "." : "", name);
		return;
	}
	oci_encoding_quote(name, strlen(name), quoted, sizeof(quoted));
	append(path, "[\"%s\"]", quoted);
}

static void append_frame(struct path *path, const struct oci_frame *frame)
{
	const struct oci_any_list *list = (const struct oci_any_list *) frame->value;

	if (frame->kind == OCI_KIND_OBJECT) {
		if (frame->member != NULL)
			append_name(path, frame->member->name);
	} else if (list->n == 0) {
		return;
	} else if (frame->kind == OCI_KIND_STRING_MAP) {
		append_name(path, ((struct oci_pair *) list->items)[list->n - 1].name);
	} else if (frame->kind == OCI_KIND_OBJECT_MAP) {
		append_name(path, list->keys[list->n - 1]);
	} else {
		append(path, "[%zu]", list->n - 1);
	}
}

void oci_path_write(const struct oci_reader *reader, char *ret, size_t size)
{
	struct path path = { .text = ret, .size = size };

	ret[0] = '\0';
	for (size_t i = 0; i < reader->depth; i++)
		append_frame(&path, &reader->frames[i]);
}
