/* skip.c - where an object of a document ends, without a look at what it says; see skip.h */
#include "libocispec/skip.h"

#include <stdbool.h>
#include <string.h>

static bool is_escaped(const char *quote)
{
	size_t n = 0;

	while (quote[-1 - (ptrdiff_t) n] == '\\')
		n++;
	return n % 2 == 1;
}

/* The closing quote of the string that opens at text[at], or len. */
static size_t string_end(const char *text, size_t len, size_t at)
{
	const char *quote = text + at;

	do
		quote = memchr(quote + 1, '"', (size_t) (text + len - quote) - 1);
	while (quote != NULL && is_escaped(quote));
	return quote != NULL ? (size_t) (quote - text) : len;
}

size_t oci_skip_object(const char *text, size_t len)
{
	size_t depth = 0;

	if (len == 0 || text[0] != '{')
		return 0;
	for (size_t i = 0; i < len; i++) {
		switch (text[i]) {
		case '"':
			i = string_end(text, len, i);
			break;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			depth--;
			if (depth == 0)
				return i + 1;
			break;
		default:
			break;
		}
	}
	return 0;
}

static size_t skip_blanks(const char *text, size_t len, size_t at)
{
	while (at < len && memchr(" \t\r\n", text[at], 4) != NULL)
		at++;
	return at;
}

struct oci_text oci_object_behind(const char *text, size_t len)
{
	struct oci_text object = { 0 };
	size_t at = skip_blanks(text, len, 0);

	if (at == len || text[at] != ':')
		return object;
	at = skip_blanks(text, len, at + 1);
	object.len = oci_skip_object(text + at, len - at);
	object.text = object.len > 0 ? text + at : NULL;
	return object;
}
