/* text.c - see text.h */
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void *need(void *p)
{
	if (!p) {
		fputs("coracle: out of memory\n", stderr);
		abort();
	}
	return p;
}

static void reserve(struct str *s, size_t more)
{
	size_t size = s->size ? s->size : 64;

	while (size - s->len <= more)
		size *= 2;
	if (size == s->size)
		return;
	s->data = need(realloc(s->data, size));
	s->size = size;
}

void str_append(struct str *s, const void *bytes, size_t len)
{
	reserve(s, len);
	if (len)
		memcpy(s->data + s->len, bytes, len);
	s->len += len;
	s->data[s->len] = '\0';
}

void str_printf(struct str *s, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	reserve(s, (size_t) n);
	va_start(ap, fmt);
	vsnprintf(s->data + s->len, (size_t) n + 1, fmt, ap);
	va_end(ap);
	s->len += (size_t) n;
}

void str_release(struct str *s)
{
	free(s->data);
	*s = (struct str){ 0 };
}

char *xasprintf(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return n < 0 ? need(NULL) : s;
}

char *xstrdup(const char *s)
{
	return need(strdup(s));
}

void *xcalloc(size_t n, size_t size)
{
	return need(calloc(n ? n : 1, size));
}

void *xreallocarray(void *items, size_t n, size_t size)
{
	return need(reallocarray(items, n, size));
}

int parse_u64(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (!*s)
		return -EINVAL;
	for (const char *p = s; *p; p++)
		if (*p < '0' || *p > '9')
			return -EINVAL;
	for (; *s; s++) {
		uint64_t digit = (uint64_t) (*s - '0');

		if (value > (max - digit) / 10 || digit > max)
			return -ERANGE;
		value = value * 10 + digit;
	}
	*ret = value;
	return 0;
}

int parse_i64(const char *s, int64_t min, int64_t max, int64_t *ret)
{
	bool negative = min < 0 && *s == '-';
	uint64_t value, limit;
	int64_t number;
	int r;

	limit = negative ? (uint64_t) 0 - (uint64_t) min : (uint64_t) max;
	if (!negative && max < 0)
		limit = 0;
	r = parse_u64(s + negative, limit, &value);
	if (r < 0)
		return r;
	number = negative ? (int64_t) (0 - value) : (int64_t) value;
	if (number < min || number > max)
		return -ERANGE;
	*ret = number;
	return 0;
}

/* Cuts a unit off s[0..*len) and returns the power of two that it stands for. */
static unsigned int take_unit(const char *s, size_t *len)
{
	static const char units[] = "kmgtp";
	size_t n = *len;
	const char *unit;

	if (n > 0 && (s[n - 1] | 0x20) == 'b')
		n--;
	if (n > 1 && (s[n - 1] | 0x20) == 'i' && n < *len)
		n--;
	unit = n > 0 ? memchr(units, s[n - 1] | 0x20, sizeof(units) - 1) : NULL;
	if (!unit) {
		if (n + 1 == *len) /* "5b": bytes, but not "5ib" */
			*len = n;
		return 0;
	}
	*len = n - 1;
	return 10 * (unsigned int) (unit - units + 1);
}

int parse_bytes(const char *s, int64_t min, int64_t max, int64_t *ret)
{
	size_t len = strlen(s);
	unsigned int shift = take_unit(s, &len);
	char digits[32];
	int64_t number;
	int r;

	if (len >= sizeof(digits))
		return -ERANGE;
	memcpy(digits, s, len);
	digits[len] = '\0';
	r = parse_i64(digits, min, max, &number);
	if (r < 0)
		return r;
	if (__builtin_mul_overflow(number, (int64_t) 1 << shift, &number) || number < min ||
	    number > max)
		return -ERANGE;
	*ret = number;
	return 0;
}

const char *str_after(const char *s, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(s, prefix, len) == 0 ? s + len : NULL;
}

bool str_ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

size_t utf8_length(const char *s)
{
	/* What the first byte may be, and the second; the others are 80 to bf. */
	/* clang-format off */
	static const struct {
		unsigned char first, last, second_first, second_last, length;
	} rows[] = {
		{ 0x20, 0x7e,    0,    0, 1 },
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	/* clang-format on */
	const unsigned char *bytes = (const unsigned char *) s;
	size_t i = 0, length;

	while (i < ARRAY_SIZE(rows) && (*bytes < rows[i].first || *bytes > rows[i].last))
		i++;
	if (i == ARRAY_SIZE(rows))
		return 0;
	length = rows[i].length;
	if (length > 1 && (bytes[1] < rows[i].second_first || bytes[1] > rows[i].second_last))
		return 0;
	for (size_t at = 2; at < length; at++)
		if ((bytes[at] & 0xc0) != 0x80)
			return 0;
	return length;
}

bool str_is_text(const char *s)
{
	size_t length;

	while ((length = utf8_length(s)))
		s += length;
	return !*s;
}
