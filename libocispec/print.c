/* print.c - structs to JSON text by yajl's generator; see document.h */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_gen.h>

#include "libocispec/desc.h"
#include "libocispec/document.h"
#include "libocispec/list.h"
#include "libocispec/number.h"

/* yajl's own buffer does not notice that memory has run out. */
struct output {
	char *text;
	size_t len;
	size_t capacity;
	bool failed;
};

static void write_output(void *context, const char *text, size_t len)
{
	struct output *output = context;

	if (output->failed)
		return;
	if (output->capacity - output->len <= len) {
		size_t capacity = (output->len + len) * 2 + 1024;
		char *grown = realloc(output->text, capacity);

		if (grown == NULL) {
			output->failed = true;
			return;
		}
		output->text = grown;
		output->capacity = capacity;
	}
	memcpy(output->text + output->len, text, len);
	output->len += len;
	output->text[output->len] = '\0';
}

static bool is_default(const struct oci_member *member, const char *place)
{
	switch (member->kind) {
	case OCI_KIND_STRING:
	case OCI_KIND_OBJECT:
		return ((const struct oci_any_pointer *) place)->p == NULL;
	case OCI_KIND_BOOL:
		return !*(const bool *) place;
	case OCI_KIND_OPT_BOOL:
		return !((const struct oci_bool *) place)->is_set;
	case OCI_KIND_STRINGS:
	case OCI_KIND_U32S:
	case OCI_KIND_STRING_MAP:
	case OCI_KIND_OBJECTS:
	case OCI_KIND_OBJECT_MAP:
		return ((const struct oci_any_list *) place)->n == 0;
	default:
		return oci_number_is_default(member->kind, place);
	}
}

/* A string or object that is not there has no text, required or not. */
static bool is_printed(const struct oci_member *member, const char *place)
{
	if (!is_default(member, place))
		return true;
	return (member->required || member->printed) && member->kind != OCI_KIND_STRING &&
	       member->kind != OCI_KIND_OBJECT;
}

static void print_string(yajl_gen gen, const char *string)
{
	yajl_gen_string(gen, (const unsigned char *) string, strlen(string));
}

static void print_number(yajl_gen gen, enum oci_kind kind, const void *place)
{
	char text[OCI_NUMBER_SIZE];

	yajl_gen_number(gen, text, oci_number_write(kind, place, text));
}

static void print_object(yajl_gen gen, const struct oci_desc *desc, const char *object);

static void print_item(yajl_gen gen, const struct oci_member *member, const void *item)
{
	switch (member->kind) {
	case OCI_KIND_STRINGS:
		print_string(gen, *(const char *const *) item);
		break;
	case OCI_KIND_U32S:
		print_number(gen, OCI_KIND_U32, item);
		break;
	case OCI_KIND_STRING_MAP:
		print_string(gen, ((const struct oci_pair *) item)->value);
		break;
	default:
		print_object(gen, member->object, item);
	}
}

static void print_list(yajl_gen gen, const struct oci_member *member,
		       const struct oci_any_list *list)
{
	bool is_map = member->kind == OCI_KIND_STRING_MAP || member->kind == OCI_KIND_OBJECT_MAP;
	size_t size = oci_item_size(member);

	/* yajl would spread the empty pair over three lines. */
	if (list->n == 0) {
		yajl_gen_number(gen, is_map ? "{}" : "[]", 2);
		return;
	}
	is_map ? yajl_gen_map_open(gen) : yajl_gen_array_open(gen);
	for (size_t i = 0; i < list->n; i++) {
		if (is_map)
			print_string(gen, *oci_map_name(list, member, i));
		print_item(gen, member, (const char *) list->items + i * size);
	}
	is_map ? yajl_gen_map_close(gen) : yajl_gen_array_close(gen);
}

static void print_member(yajl_gen gen, const struct oci_member *member, const char *place)
{
	switch (member->kind) {
	case OCI_KIND_STRING:
		print_string(gen, *(const char *const *) place);
		break;
	case OCI_KIND_BOOL:
		yajl_gen_bool(gen, *(const bool *) place);
		break;
	case OCI_KIND_OPT_BOOL:
		yajl_gen_bool(gen, ((const struct oci_bool *) place)->value);
		break;
	case OCI_KIND_OBJECT:
		print_object(gen, member->object, ((const struct oci_any_pointer *) place)->p);
		break;
	case OCI_KIND_STRINGS:
	case OCI_KIND_U32S:
	case OCI_KIND_STRING_MAP:
	case OCI_KIND_OBJECTS:
	case OCI_KIND_OBJECT_MAP:
		print_list(gen, member, (const struct oci_any_list *) place);
		break;
	default:
		print_number(gen, member->kind, place);
	}
}

static void print_object(yajl_gen gen, const struct oci_desc *desc, const char *object)
{
	bool is_open = false;

	for (size_t i = 0; i < desc->n; i++) {
		const struct oci_member *member = &desc->members[i];
		const char *place = object + member->offset;

		if (!is_printed(member, place))
			continue;
		if (!is_open)
			yajl_gen_map_open(gen);
		is_open = true;
		yajl_gen_string(gen, (const unsigned char *) member->name, member->name_length);
		print_member(gen, member, place);
	}
	if (is_open)
		yajl_gen_map_close(gen);
	else
		yajl_gen_number(gen, "{}", 2);
}

int oci_print(const struct oci_desc *desc, const void *object, enum oci_print_style style,
	      char **ret_json, size_t *ret_len)
{
	struct output output = { 0 };
	yajl_gen gen = yajl_gen_alloc(NULL);

	if (gen == NULL)
		return -ENOMEM;
	yajl_gen_config(gen, yajl_gen_print_callback, write_output, &output);
	yajl_gen_config(gen, yajl_gen_beautify, style == OCI_PRINT_PRETTY);
	print_object(gen, desc, object);
	yajl_gen_free(gen);
	if (output.failed) {
		free(output.text);
		return -ENOMEM;
	}
	*ret_json = output.text;
	if (ret_len != NULL)
		*ret_len = output.len;
	return 0;
}
