/* options.c - see options.h */
#include "cli/options.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* One option as it was written, for messages: "--root" or "-b". */
struct given {
	const struct option_row *row;
	const char *text;
	int len;
};

const struct option_row *option_find(const struct option_row *rows, const char *name, size_t len)
{
	for (; rows->kind != OPTION_END; rows++)
		if (rows->name && strncmp(rows->name, name, len) == 0 && !rows->name[len])
			return rows;
	return NULL;
}

static const struct option_row *find_letter(const struct option_row *rows, char letter)
{
	for (; rows->kind != OPTION_END; rows++)
		if (rows->letter == letter)
			return rows;
	return NULL;
}

static bool takes_value(const struct option_row *row)
{
	return row->kind != OPTION_FLAG && row->kind != OPTION_SET;
}

static int wrong(const struct given *given, const char *value, const char *why, struct error *err)
{
	return fail_as(err, ERROR_USAGE, EINVAL, "option '%.*s': '%s' %s", given->len, given->text,
		       value, why);
}

static int store_flag(const struct given *given, const char *value, bool *ret, struct error *err)
{
	if (!value || strcmp(value, "true") == 0)
		*ret = !given->row->is_inverse;
	else if (strcmp(value, "false") == 0)
		*ret = given->row->is_inverse;
	else
		return wrong(given, value, "is neither true nor false", err);
	return 0;
}

/* Of an option that stands for a value of another: --debug=false is as if it were not there. */
static int store_constant(const struct given *given, const char *value, unsigned int *ret,
			  struct error *err)
{
	bool is_given;
	int r = store_flag(given, value, &is_given, err);

	if (r == 0 && is_given)
		*ret = given->row->set;
	return r;
}

static int store_choice(const struct given *given, const char *value, unsigned int *ret,
			struct error *err)
{
	const char *const *choices = given->row->choices;
	auto_str names = { 0 };

	for (unsigned int i = 0; choices[i]; i++) {
		if (strcmp(choices[i], value) == 0) {
			*ret = i;
			return 0;
		}
		str_printf(&names, "%s%s", i ? ", " : "is none of ", choices[i]);
	}
	return wrong(given, value, names.data, err);
}

static int store_number(const struct given *given, const char *value, unsigned int *ret,
			struct error *err)
{
	unsigned int max = given->row->max ? given->row->max : UINT_MAX;
	uint64_t number;
	int r = parse_u64(value, max, &number);

	if (r == -ERANGE)
		return fail_as(err, ERROR_USAGE, EINVAL, "option '%.*s': '%s' is more than %u",
			       given->len, given->text, value, max);
	if (r < 0)
		return wrong(given, value, "is not a number", err);
	*ret = (unsigned int) number;
	return 0;
}

/* A number of one of the documents' kinds, which knows that it was given. */
static int store_document_number(const struct given *given, const char *value, void *member,
				 struct error *err)
{
	const struct option_row *row = given->row;
	struct oci_i64 *number = member;
	struct oci_u64 *natural = member;
	struct oci_u16 *small = member;
	uint64_t u = 0;
	int64_t i = 0;
	int r;

	if (row->is_bytes)
		r = parse_bytes(value, INT64_MIN, INT64_MAX, &i);
	else if (row->kind == OPTION_I64)
		r = parse_i64(value, INT64_MIN, INT64_MAX, &i);
	else
		r = parse_u64(value, row->kind == OPTION_U16 ? UINT16_MAX : UINT64_MAX, &u);
	if (r == -ERANGE)
		return wrong(given, value, "is too large", err);
	if (r < 0)
		return wrong(given, value, row->is_bytes ? "is not a size" : "is not a number",
			     err);
	if (row->kind == OPTION_I64)
		*number = (struct oci_i64){ .is_set = true, .value = i };
	else if (row->kind == OPTION_U64)
		*natural = (struct oci_u64){ .is_set = true, .value = u };
	else
		*small = (struct oci_u16){ .is_set = true, .value = (uint16_t) u };
	return 0;
}

static int store_item(const char *value, struct option_list *list)
{
	const char **items = xreallocarray(list->items, list->n + 1, sizeof(*items));

	items[list->n++] = value;
	list->items = items;
	return 0;
}

static int store(const struct given *given, const char *value, void *object, struct error *err)
{
	const struct option_row *row = given->row;
	void *member = (char *) object + row->offset;

	switch (row->kind) {
	case OPTION_FLAG:
		return store_flag(given, value, member, err);
	case OPTION_NUMBER:
		return row->choices ? store_choice(given, value, member, err)
				    : store_number(given, value, member, err);
	case OPTION_I64:
	case OPTION_U64:
	case OPTION_U16:
		return store_document_number(given, value, member, err);
	case OPTION_LIST:
		return store_item(value, member);
	case OPTION_SET:
		return store_constant(given, value, member, err);
	case OPTION_STRING:
		*(const char **) member = value;
		return 0;
	case OPTION_END:
		break;
	}
	return 0;
}

/* Stores the option; its value is `attached`, or else the next of *args. */
static int take(const struct given *given, const char *attached, char ***args, void *object,
		struct error *err)
{
	const struct option_row *row = given->row;
	const char *value = attached;

	if (takes_value(row)) {
		if (!value && **args)
			value = *(*args)++;
		if (!value || (!*value && !row->may_be_empty))
			return fail_as(err, ERROR_USAGE, EINVAL, "option '%.*s' needs a value (%s)",
				       given->len, given->text, row->value);
	}
	return store(given, value, object, err);
}

static int unknown(const char *text, size_t len, struct error *err)
{
	return fail_as(err, ERROR_USAGE, EINVAL, "unknown option '%.*s'", (int) len, text);
}

/* "--name", "--name=value" */
static int parse_long(const struct option_row *rows, const char *text, char ***args, void *object,
		      struct error *err)
{
	size_t len = str_until(text, '=');
	struct given given = { option_find(rows, text + 2, len - 2), text, (int) len };

	if (!given.row)
		return unknown(text, len, err);
	return take(&given, text[len] ? text + len + 1 : NULL, args, object, err);
}

/* crun's parser knows -? and --usage too. */
static bool asks_for_help(const char *name)
{
	return strcmp(name, "help") == 0 || strcmp(name, "usage") == 0;
}

/* "-x", "-xvalue", "-xy" where x is a flag; *ret_help: one of the letters asked for it. */
static int parse_letters(const struct option_row *rows, const char *letters, char ***args,
			 void *object, bool *ret_help, struct error *err)
{
	for (; *letters && !*ret_help; letters++) {
		const char option[] = { '-', *letters, '\0' };
		struct given given = { find_letter(rows, *letters), option, 2 };
		const char *rest = letters[1] ? letters + 1 : NULL;
		int r;

		if (!given.row && (*letters == 'h' || *letters == '?')) {
			*ret_help = true;
			return 0;
		}
		if (!given.row)
			return unknown(option, 2, err);
		r = take(&given, takes_value(given.row) ? rest : NULL, args, object, err);
		if (r < 0 || takes_value(given.row))
			return r;
	}
	return 0;
}

int options_parse(const struct option_row *rows, enum option_order order, void *object, char **argv,
		  bool *ret_help, struct error *err)
{
	bool is_ended = false;
	char **args = argv;
	int n = 0, r = 0;

	*ret_help = false;
	while (*args && r >= 0 && !*ret_help) {
		char *text = *args++;

		if (is_ended || text[0] != '-' || !text[1]) {
			argv[n++] = text;
			is_ended = is_ended || order == OPTIONS_FIRST ||
				   (order == OPTIONS_UNTIL_SECOND && n == 2);
		} else if (strcmp(text, "--") == 0) {
			is_ended = true;
		} else if (text[1] == '-' && asks_for_help(text + 2)) {
			*ret_help = true;
		} else if (order == OPTIONS_HELP && strcmp(text, "-h") != 0 &&
			   strcmp(text, "-?") != 0) {
			argv[n++] = text;
		} else if (text[1] == '-') {
			r = parse_long(rows, text, &args, object, err);
		} else {
			r = parse_letters(rows, text + 1, &args, object, ret_help, err);
		}
	}
	argv[n] = NULL;
	return r < 0 ? r : n;
}

void options_release(const struct option_row *rows, void *object)
{
	for (; rows->kind != OPTION_END; rows++) {
		struct option_list *list = (void *) ((char *) object + rows->offset);

		if (rows->kind != OPTION_LIST)
			continue;
		free(list->items);
		*list = (struct option_list){ 0 };
	}
}
