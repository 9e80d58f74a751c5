/* encoding.c - is a document text that C strings can hold, and where in it is a byte; see
 * encoding.h */
#include "libocispec/encoding.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The length of the UTF-8 sequence that starts at s, or 0 if there is no right one. */
static size_t sequence_length(const unsigned char *s, size_t left)
{
	/* The second byte's bounds rule out overlong forms, surrogates and more than U+10FFFF. */
	unsigned char low = 0x80, high = 0xbf;
	size_t len;

	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (left < len || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++) {
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	}
	return len;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The code unit of the escape \uXXXX at s, or -1 if there is none. */
static int unicode_escape(const char *s, size_t left)
{
	int unit = 0;

	if (left < 6 || s[0] != '\\' || s[1] != 'u')
		return -1;
	for (size_t i = 2; i < 6; i++) {
		int digit = hex_digit(s[i]);

		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

/* Looks at the escape at s and puts its length into *ret_len. */
static const char *escape_check(const char *s, size_t left, size_t *ret_len)
{
	int unit = unicode_escape(s, left), second;

	*ret_len = 2;
	if (unit < 0 && (left < 2 || s[1] == '\0' || strchr("\"\\/bfnrt", s[1]) == NULL))
		return "a malformed escape";
	if (unit < 0)
		return NULL;
	*ret_len = 6;
	if (unit == 0)
		return "a string cannot hold U+0000";
	if (unit < 0xd800 || unit > 0xdfff)
		return NULL;
	second = unicode_escape(s + 6, left - 6);
	if (unit >= 0xdc00 || second < 0xdc00 || second > 0xdfff)
		return "a surrogate without its pair";
	*ret_len = 12;
	return NULL;
}

/* Skips 8 bytes at a time where none is a NUL, a backslash or above 0x7f. */
static size_t plain_length(const char *s, size_t left)
{
	const uint64_t ones = 0x0101010101010101, tops = ones << 7;
	size_t i = 0;

	for (; left - i >= 8; i += 8) {
		uint64_t word, slash;

		memcpy(&word, s + i, sizeof(word));
		slash = word ^ ones * '\\';
		if ((word | (word - ones) | (slash - ones)) & tops)
			break;
	}
	return i;
}

/* What yajl takes for a blank, and JSON does not. */
static const char *find_false_blank(const char *text, size_t len)
{
	const char *found = memchr(text, '\f', len);

	return found != NULL ? found : memchr(text, '\v', len);
}

const char *oci_encoding_check(const char *text, size_t len, size_t *ret_at)
{
	const char *blank = len > 0 ? find_false_blank(text, len) : NULL;
	size_t i = 0, step;

	*ret_at = 0;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return "begins with a byte order mark; JSON has none";
	if (blank != NULL) {
		*ret_at = (size_t) (blank - text);
		return "not JSON: a form feed or a vertical tab";
	}
	while ((i += plain_length(text + i, len - i)) < len) {
		const char *reason = NULL;

		step = 1;
		if (text[i] == '\0')
			reason = "not text: a NUL byte";
		else if (text[i] == '\\')
			reason = escape_check(text + i, len - i, &step);
		else if ((unsigned char) text[i] >= 0x80) {
			step = sequence_length((const unsigned char *) text + i, len - i);
			reason = step == 0 ? "not UTF-8" : NULL;
		}
		*ret_at = i;
		if (reason != NULL)
			return reason;
		i += step;
	}
	return NULL;
}

void oci_encoding_position(const char *text, size_t at, char *ret, size_t size)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < at; i++) {
		if (text[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char) text[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	snprintf(ret, size, "line %zu, column %zu", line, column);
}

void oci_encoding_quote(const char *text, size_t len, char *ret, size_t size)
{
	size_t used = 0, safe = 0;

	for (size_t i = 0; i < len; i++) {
		bool plain = text[i] >= 0x20 && text[i] < 0x7f;
		size_t need = plain ? 1 : 4;

		if (used + need >= size) {
			memcpy(ret + safe, "...", 4);
			return;
		}
		if (plain)
			ret[used] = text[i];
		else
			snprintf(ret + used, 5, "\\x%02x", (unsigned char) text[i]);
		used += need;
		if (used + 4 <= size)
			safe = used;
	}
	ret[used] = '\0';
}
