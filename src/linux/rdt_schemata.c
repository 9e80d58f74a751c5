/* rdt_schemata.c - see rdt_schemata.h */
#include "linux/rdt_schemata.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/file.h"

#define SCHEMATA_MAX (64 << 10)

/* A part of a text. */
struct span {
	const char *at;
	size_t len;
};

static struct span trim(struct span s)
{
	while (s.len && isspace((unsigned char) *s.at))
		s = (struct span){ s.at + 1, s.len - 1 };
	while (s.len && isspace((unsigned char) s.at[s.len - 1]))
		s.len--;
	return s;
}

/* Takes the part up to `separator` off the text; false when nothing is left. */
static bool next(struct span *text, char separator, struct span *ret)
{
	const char *end = text->len ? memchr(text->at, separator, text->len) : NULL;
	size_t len = end ? (size_t) (end - text->at) : text->len;

	if (!text->len)
		return false;
	*ret = trim((struct span){ text->at, len });
	len += end != NULL;
	*text = (struct span){ text->at + len, text->len - len };
	return true;
}

/* "a<separator>b" */
static bool split(struct span s, char separator, struct span *ret_a, struct span *ret_b)
{
	const char *at = s.len ? memchr(s.at, separator, s.len) : NULL;

	if (!at)
		return false;
	*ret_a = trim((struct span){ s.at, (size_t) (at - s.at) });
	*ret_b = trim((struct span){ at + 1, s.len - (size_t) (at - s.at) - 1 });
	return true;
}

static bool is_same(struct span a, struct span b)
{
	return a.len == b.len && strncasecmp(a.at, b.at, a.len) == 0;
}

static bool is_of(struct span name, const char *resource)
{
	size_t len = strlen(resource);

	if (name.len < len || memcmp(name.at, resource, len) != 0)
		return false;
	name = (struct span){ name.at + len, name.len - len };
	return name.len == 0 || is_same(name, (struct span){ "CODE", 4 }) ||
	       is_same(name, (struct span){ "DATA", 4 });
}

/* Without leading zeros, by which the kernel pads numbers, and the "0x" that it takes before a mask. */
static struct span digits(struct span s)
{
	if (s.len > 2 && strncasecmp(s.at, "0x", 2) == 0)
		s = (struct span){ s.at + 2, s.len - 2 };
	while (s.len > 1 && *s.at == '0')
		s = (struct span){ s.at + 1, s.len - 1 };
	return s;
}

static bool is_same_number(struct span a, struct span b)
{
	return is_same(digits(a), digits(b));
}

static bool is_number(struct span s, uint64_t *ret)
{
	char text[16];

	if (s.len >= sizeof(text))
		return false;
	memcpy(text, s.at, s.len);
	text[s.len] = '\0';
	return parse_u64(text, UINT32_MAX, ret) == 0;
}

static bool is_rounded(struct span found, struct span value, uint64_t step)
{
	uint64_t is, wanted;

	return step && is_number(found, &is) && is_number(value, &wanted) &&
	       is == (wanted + step - 1) / step * step;
}

/* The first value that a text of lines "L3:0=ff;1=f" has for this domain of this resource. */
static bool find_value(struct span text, struct span resource, struct span domain, struct span *ret)
{
	struct span line, name, values, part, at;

	while (next(&text, '\n', &line))
		if (split(line, ':', &name, &values) && is_same(name, resource))
			while (next(&values, ';', &part))
				if (split(part, '=', &at, ret) && is_same_number(at, domain))
					return true;
	return false;
}

/* What a later line says of a domain counts. */
static bool has_line(struct span file, struct span line, struct span later, uint64_t bandwidth_step)
{
	struct span resource, wanted, part, domain, value, found;
	uint64_t step;

	if (!split(line, ':', &resource, &wanted))
		return false;
	step = is_of(resource, "MB") ? bandwidth_step : 0;
	while (next(&wanted, ';', &part)) {
		if (!part.len)
			continue;
		if (!split(part, '=', &domain, &value))
			return false;
		if (find_value(later, resource, domain, &found))
			continue;
		if (!find_value(file, resource, domain, &found))
			return false;
		if (!is_same_number(found, value) && !is_rounded(found, value, step))
			return false;
	}
	return true;
}

bool rdt_schemata_match(const char *file, const char *wanted, uint64_t bandwidth_step)
{
	struct span all = { file, strlen(file) }, left = { wanted, strlen(wanted) }, line;

	while (next(&left, '\n', &line))
		if (line.len && !has_line(all, line, left, bandwidth_step))
			return false;
	return true;
}

int rdt_schemata_read(const char *group, char **ret, struct error *err)
{
	auto_free char *path = xasprintf("%s/schemata", group);
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail_errno(err, "open '%s'", path);
	return file_read_fd(fd, path, SCHEMATA_MAX, ret, NULL, err);
}

char *rdt_schemata_find(const char *file, const char *resource)
{
	struct span left = { file, strlen(file) }, line, name, values;
	struct str found = { 0 };

	while (next(&left, '\n', &line))
		if (split(line, ':', &name, &values) && is_of(name, resource))
			str_printf(&found, "%s%.*s", found.len ? "\n" : "", (int) line.len,
				   line.at);
	return found.data;
}

static void add_lines(const char *text, bool without_bandwidth, struct str *ret)
{
	struct span left = { text, strlen(text) }, line;

	while (next(&left, '\n', &line))
		if (line.len && !(without_bandwidth && strncmp(line.at, "MB:", 3) == 0))
			str_printf(ret, "%.*s\n", (int) line.len, line.at);
}

void rdt_schemata_join(const char *l3_cache_schema, const char *mem_bw_schema, struct str *ret)
{
	if (l3_cache_schema)
		add_lines(l3_cache_schema, mem_bw_schema != NULL, ret);
	if (mem_bw_schema)
		add_lines(mem_bw_schema, false, ret);
}

void rdt_schemata_list(const struct oci_strings *schemata, struct str *ret)
{
	for (size_t i = 0; i < schemata->n; i++)
		add_lines(schemata->items[i], false, ret);
}
