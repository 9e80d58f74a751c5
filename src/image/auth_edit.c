/* auth_edit.c - see auth_edit.h; the text was parsed before, so it is known to be JSON */
#include "image/auth_edit.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static const char *skip_space(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

/* From the opening quote to behind the closing one. */
static const char *skip_string(const char *at)
{
	for (at++; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at + 1 : at;
}

static const char *skip_value(const char *at)
{
	int depth = 0;

	do {
		if (*at == '"') {
			at = skip_string(at);
			continue;
		}
		if (*at == '{' || *at == '[')
			depth++;
		else if (*at == '}' || *at == ']')
			depth--;
		else if (depth == 0)
			return at + strcspn(at, ",}] \t\r\n");
		at++;
	} while (*at && depth);
	return at;
}

struct member {
	const char *begin, *value, *end;
};

/* The member at `at`, behind an object's '{' or a ','; false when the object ends there. */
static bool next_member(const char **at, struct member *ret)
{
	const char *begin = skip_space(*at);

	if (*begin == ',')
		begin = skip_space(begin + 1);
	if (*begin != '"')
		return false;
	ret->begin = begin;
	ret->value = skip_space(skip_space(skip_string(begin)) + 1);
	ret->end = skip_value(ret->value);
	*at = ret->end;
	return true;
}

/* Without its quotes; '/' is the one character in a name of ours that some write with a backslash. */
static char *name_of(const struct member *member)
{
	const char *end = skip_string(member->begin) - 1;
	struct str name = { 0 };

	str_append(&name, "", 0);
	for (const char *c = member->begin + 1; c < end; c++)
		if (*c != '\\' || c[1] != '/')
			str_append(&name, c, 1);
	return name.data;
}

static bool find_auths(const char *text, struct member *ret)
{
	const char *at = skip_space(text) + 1;

	while (next_member(&at, ret)) {
		auto_free char *name = name_of(ret);

		if (strcmp(name, "auths") == 0)
			return true;
	}
	return false;
}

static void add(struct str *ret, const char *begin, const char *end, bool *is_first)
{
	str_append(ret, *is_first ? "\n\t\t" : ",\n\t\t", *is_first ? 3 : 4);
	str_append(ret, begin, (size_t) (end - begin));
	*is_first = false;
}

void auth_edit(const char *text, bool (*is_gone)(const void *context, const char *name),
	       const void *context, const char *member, struct str *ret)
{
	const char *top = skip_space(text) + 1;
	struct member auths, entry;
	bool has_auths = find_auths(text, &auths), is_first = true;
	const char *from = has_auths ? auths.value : top, *at = from + 1;

	str_append(ret, text, (size_t) (from - text));
	str_printf(ret, has_auths ? "{" : "\n\t\"auths\": {");
	/* it may also be null */
	while (has_auths && *from == '{' && next_member(&at, &entry)) {
		auto_free char *name = name_of(&entry);

		if (!is_gone(context, name))
			add(ret, entry.begin, entry.end, &is_first);
	}
	if (member)
		add(ret, member, member + strlen(member), &is_first);
	str_printf(ret, is_first ? "}" : "\n\t}");
	if (!has_auths)
		str_printf(ret, *skip_space(top) == '}' ? "\n" : ",");
	str_printf(ret, "%s", has_auths ? auths.end : top);
}
