/* text.h - strings that grow, numbers read strictly, small string questions */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

/* A growing string; { 0 } is an empty one.  data is NULL until something is appended, then
 * always NUL-terminated.  Memory running out ends the process: no caller could go on. */
struct str {
	char *data;
	size_t len;
	size_t size;
};

#define auto_str __attribute__((cleanup(str_release))) struct str

void str_append(struct str *s, const void *bytes, size_t len);
void str_printf(struct str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void str_release(struct str *s);

/* As the C library's functions of these names, but never NULL: without memory the process ends, and says so. */
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *xstrdup(const char *s);
void *xcalloc(size_t n, size_t size);
void *xreallocarray(void *items, size_t n, size_t size);

/* Reads the whole of s as a decimal number in [min, max]: no space, no sign but a leading '-'
 * where min < 0, no other character before or behind (CVE-2026-30892: a lax parser made "1x" or
 * "" the uid 0).  Returns 0, -EINVAL (not a number) or -ERANGE; *ret is set only on 0. */
int parse_u64(const char *s, uint64_t max, uint64_t *ret);
int parse_i64(const char *s, int64_t min, int64_t max, int64_t *ret);

/* As parse_i64(), for a number of bytes, which may have a unit behind it: k, m, g, t or p in either
 * case, each 1024 times the one before, perhaps followed by "b" or "ib" ("512k", "2GiB"). */
int parse_bytes(const char *s, int64_t min, int64_t max, int64_t *ret);

static inline bool str_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* How many bytes of s stand before the first c, or before its end. */
static inline size_t str_until(const char *s, char c)
{
	return (size_t) (strchrnul(s, c) - s);
}

/* The part of s behind prefix, or NULL when s does not begin with it. */
const char *str_after(const char *s, const char *prefix);

bool str_ends_with(const char *s, const char *end);

/* Bytes of the UTF-8 character that s begins with; 0 when it is none, or a control character of ASCII. */
size_t utf8_length(const char *s);

/* Whether s has nothing but such characters. */
bool str_is_text(const char *s);

#endif
