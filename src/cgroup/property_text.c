/* property_text.c - see property_text.h */
#include "cgroup/property_text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define TYPES_MAX 16 /* values in a tuple */

/* What may stand behind a backslash, and what it means then. */
static const char escapes[] = "\\'\"nt", meanings[] = "\\'\"\n\t";

/* What is being read, and what it has come to: a property's type and values. */
struct reader {
	const char *p;
	const char *problem;	   /* NULL: none yet */
	char types[TYPES_MAX + 1]; /* of one element; "" until the first is read */
	bool has_types;		   /* ... or they were announced */
	bool is_array;
	bool is_tuple;
	struct property values; /* of these types */
};

/* clang-format off */
static const struct {
	const char *word;
	char type;
	int64_t min;		/* of integers */
	uint64_t max;		/* 0: not a number */
} basics[] = {
	{ "boolean",    'b', 0,         0 },
	{ "byte",       'y', 0,         UINT8_MAX },
	{ "int16",      'n', INT16_MIN, INT16_MAX },
	{ "uint16",     'q', 0,         UINT16_MAX },
	{ "int32",      'i', INT32_MIN, INT32_MAX },
	{ "uint32",     'u', 0,         UINT32_MAX },
	{ "int64",      'x', INT64_MIN, INT64_MAX },
	{ "uint64",     't', 0,         UINT64_MAX },
	{ "double",     'd', 0,         0 },
	{ "string",     's', 0,         0 },
	{ "objectpath", 'o', 0,         0 },
	{ "signature",  'g', 0,         0 },
};
/* clang-format on */

static void refuse(struct reader *r, const char *problem)
{
	if (!r->problem)
		r->problem = problem;
}

static void skip_space(struct reader *r)
{
	r->p += strspn(r->p, " \t\n");
}

/* True when the next character is c, which is then behind us. */
static bool take(struct reader *r, char c)
{
	skip_space(r);
	if (*r->p != c)
		return false;
	r->p++;
	skip_space(r);
	return true;
}

/* A type in words in front of a value; 0: there is none. */
static char take_type_word(struct reader *r)
{
	size_t len = strspn(r->p, "abcdefghijklmnopqrstuvwxyz0123456789");

	for (size_t i = 0; i < ARRAY_SIZE(basics); i++)
		if (strlen(basics[i].word) == len && memcmp(basics[i].word, r->p, len) == 0) {
			r->p += len;
			skip_space(r);
			return basics[i].type;
		}
	return 0;
}

static void read_text(struct reader *r, char type)
{
	char quote = *r->p++;
	auto_str text = { 0 };

	str_append(&text, "", 0);
	for (; *r->p && *r->p != quote; r->p++) {
		const char *escape = *r->p == '\\' ? strchr(escapes, r->p[1]) : NULL;

		if (*r->p == '\\' && (!r->p[1] || !escape)) {
			refuse(r,
			       "has an escape in a string that is none of \\\\ \\' \\\" \\n \\t");
			return;
		}
		str_append(&text, escape ? &meanings[escape - escapes] : r->p, 1);
		r->p += escape != NULL;
	}
	if (!*r->p)
		refuse(r, "has a string that does not end");
	else if (!property_is_text(type))
		refuse(r, "has a string where its type is another");
	else
		property_push_text(&r->values, text.data ? text.data : "");
	if (*r->p)
		r->p++;
}

static void read_real(struct reader *r, const char *word)
{
	char *end;
	double real = strtod(word, &end);

	if (*end || !isdigit((unsigned char) end[-1]))
		refuse(r, "has a malformed number");
	else
		property_push_real(&r->values, real);
}

/* Decimal or hexadecimal, and a sign. */
static void read_integer(struct reader *r, const char *word, int64_t min, uint64_t max)
{
	bool is_negative = *word == '-';
	const char *digits = word + is_negative;
	int base = str_after(digits, "0x") ? 16 : 10;
	uint64_t magnitude;
	char *end;

	errno = 0;
	magnitude = strtoull(digits, &end, base);
	if (!isdigit((unsigned char) *digits) || *end)
		refuse(r, "has a malformed number");
	else if (errno || (is_negative ? magnitude > -(uint64_t) min : magnitude > max))
		refuse(r,
		       "has a number that is out of its type's range (a type can be put in front: "
		       "uint64 5)");
	else
		property_push_number(&r->values, is_negative ? -magnitude : magnitude);
}

static void read_number(struct reader *r, const char *word, char type)
{
	if (type == 'd') {
		read_real(r, word);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(basics); i++)
		if (basics[i].type == type && basics[i].max) {
			read_integer(r, word, basics[i].min, basics[i].max);
			return;
		}
	refuse(r, "has a number where its type is another");
}

static void read_boolean(struct reader *r, bool value, char type)
{
	if (type == 'b')
		property_push_number(&r->values, value);
	else
		refuse(r, "has a boolean where its type is another");
}

static char type_of_word(const char *word)
{
	if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0)
		return 'b';
	return !str_after(word, "0x") && strpbrk(word, ".eE") ? 'd' : 'i';
}

/* The i'th value of an element; the first element decides the types of all. */
static void read_value(struct reader *r, size_t i)
{
	char type = take_type_word(r), word[64];
	size_t len;

	if (i >= TYPES_MAX || (r->has_types && !r->types[i])) {
		refuse(r,
		       i >= TYPES_MAX ? "has too long a tuple" : "has tuples of different lengths");
		return;
	}
	if (type && r->types[i] && type != r->types[i])
		refuse(r, "has elements of different types");
	len = strcspn(r->p, " \t\n,)]'\"");
	if (len >= sizeof(word))
		refuse(r, "has a malformed number");
	if (*r->p && strchr("[({<", *r->p))
		refuse(r, "has a type that is not supported");
	if (len == 0 && *r->p != '\'' && *r->p != '"')
		refuse(r, "lacks a value");
	if (r->problem)
		return;
	memcpy(word, r->p, len);
	word[len] = '\0';
	if (!r->types[i])
		/* clang-format off */
		r->types[i] = type ? type : *r->p == '\'' || *r->p == '"' ? 's' : type_of_word(word);
	/* clang-format on */
	if (*r->p == '\'' || *r->p == '"') {
		read_text(r, r->types[i]);
		return;
	}
	r->p += len;
	if (type_of_word(word) == 'b')
		read_boolean(r, word[0] == 't', r->types[i]);
	else
		read_number(r, word, r->types[i]);
}

static void read_tuple(struct reader *r)
{
	size_t n = 0;

	do {
		read_value(r, n++);
	} while (!r->problem && take(r, ','));
	if (!r->problem && !take(r, ')'))
		refuse(r, "has a tuple that does not end");
	else if (!r->problem && n != strlen(r->types))
		refuse(r, "has tuples of different lengths");
}

static void read_element(struct reader *r)
{
	bool is_tuple = take(r, '(');

	if (!r->has_types)
		r->is_tuple = is_tuple;
	if (is_tuple != r->is_tuple)
		refuse(r, "has elements of different types");
	else if (is_tuple)
		read_tuple(r);
	else
		read_value(r, 0);
	r->has_types = true;
}

static void read_array(struct reader *r)
{
	r->is_array = true;
	if (take(r, ']')) {
		if (!r->has_types)
			refuse(r, "is an empty array without a type (@as [])");
		return;
	}
	do {
		read_element(r);
	} while (!r->problem && take(r, ','));
	if (!r->problem && !take(r, ']'))
		refuse(r, "has an array that does not end");
}

static bool is_basic(char type)
{
	for (size_t i = 0; i < ARRAY_SIZE(basics); i++)
		if (basics[i].type == type)
			return true;
	return false;
}

/* "@t", "@as" or "@a(st)" in front of the value. */
static void read_signature(struct reader *r)
{
	size_t n = 0;

	r->is_array = *r->p == 'a';
	r->p += r->is_array;
	r->is_tuple = r->is_array && *r->p == '(';
	r->p += r->is_tuple;
	while (n < TYPES_MAX && is_basic(*r->p) && (n == 0 || r->is_tuple))
		r->types[n++] = *r->p++;
	if (n == 0 || (r->is_tuple && *r->p != ')') || !strchr(" \t\n", r->p[r->is_tuple]))
		refuse(r, "has a type that is not supported");
	else
		r->p += r->is_tuple;
	r->has_types = true;
	skip_space(r);
}

static void read_all(struct reader *r)
{
	bool is_announced = take(r, '@');
	bool is_array;

	if (is_announced)
		read_signature(r);
	if (r->problem)
		return;
	is_array = take(r, '[');
	if (is_announced && is_array != r->is_array)
		refuse(r, "has another type than it says");
	else if (is_array)
		read_array(r);
	else
		read_value(r, 0);
	skip_space(r);
	if (*r->p)
		refuse(r, "has something behind its value");
}

const char *property_text_parse(const char *name, const char *text, struct property_list *list)
{
	struct reader r = { .p = text };
	struct property *property;

	read_all(&r);
	if (!r.problem) {
		auto_str type = { 0 };

		str_printf(&type, "%s%s%s%s", r.is_array ? "a" : "", r.is_tuple ? "(" : "", r.types,
			   r.is_tuple ? ")" : "");
		property = property_add(list, name, type.data);
		property->n = r.values.n;
		property->values = r.values.values;
		return NULL;
	}
	for (size_t i = 0; i < r.values.n; i++)
		if (property_is_text(r.types[i % strlen(r.types)]))
			free(r.values.values[i].text);
	free(r.values.values);
	return r.problem;
}

static void print_text(struct str *s, const char *text)
{
	str_append(s, "'", 1);
	for (; *text; text++) {
		const char *meaning = strchr(meanings, *text);

		if (meaning)
			str_printf(s, "\\%c", escapes[meaning - meanings]);
		else
			str_append(s, text, 1);
	}
	str_append(s, "'", 1);
}

static void print_value(struct str *s, char type, union property_value value)
{
	switch (type) {
	case 'd':
		str_printf(s, "%.17g", value.real);
		break;
	case 'n':
	case 'i':
	case 'x':
		str_printf(s, "%" PRId64, (int64_t) value.number);
		break;
	case 'b':
		str_printf(s, "%s", value.number ? "true" : "false");
		break;
	default:
		if (property_is_text(type))
			print_text(s, value.text);
		else
			str_printf(s, "%" PRIu64, value.number);
	}
}

char *property_text_print(const struct property *property)
{
	bool is_array = property->type[0] == 'a', is_tuple = is_array && property->type[1] == '(';
	struct str s = { 0 };
	size_t n;

	property_element(property, &n);
	str_printf(&s, "%s", property->name);
	if (property->since)
		str_printf(&s, "@%u", property->since);
	str_printf(&s, "=@%s %s", property->type, is_array ? "[" : "");
	for (size_t i = 0; i < property->n; i++) {
		str_printf(&s, "%s%s", i ? ", " : "", is_tuple && i % n == 0 ? "(" : "");
		print_value(&s, property_value_type(property, i), property->values[i]);
		if (is_tuple && i % n == n - 1)
			str_append(&s, ")", 1);
	}
	str_printf(&s, "%s", is_array ? "]" : "");
	return s.data;
}

const char *property_text_read(const char *assignment, struct property_list *list)
{
	size_t len = str_until(assignment, '='), name_len = str_until(assignment, '@');
	auto_free char *name =
		xasprintf("%.*s", (int) (name_len < len ? name_len : len), assignment);
	auto_free char *digits =
		xasprintf("%.*s", (int) (len - strlen(name)), assignment + strlen(name));
	const char *problem;
	uint64_t since = 0;

	if (!assignment[len])
		return "has no value";
	if (*digits && parse_u64(digits + 1, UINT_MAX, &since) < 0)
		return "has a malformed version";
	problem = property_text_parse(name, assignment + len + 1, list);
	if (!problem)
		property_find(list, name)->since = (unsigned int) since;
	return problem;
}
