/* toml.c - see toml.h */
#include "image/toml.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

#define NESTING_MAX 16
#define BARE "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
#define NUMBERS "0123456789+-_.:TZtzeExobABCDFabcdfinINF"

struct parser {
	const char *at;
	const char *end;
	const struct toml_reader *reader;
	unsigned int line;
	unsigned int depth;
	struct str table; /* the path that the last header set */
};

static int bad(const struct parser *parser, const char *what, struct error *err)
{
	return fail_as(err, ERROR_CONFIG, EINVAL, "line %u: %s", parser->line, what);
}

static bool is_at_end(const struct parser *parser)
{
	return parser->at == parser->end;
}

/* '\0' at the end, where no other '\0' can be: toml_read() refuses them. */
static char peek(const struct parser *parser)
{
	return is_at_end(parser) ? '\0' : *parser->at;
}

static bool take(struct parser *parser, const char *text)
{
	size_t len = strlen(text);

	if ((size_t) (parser->end - parser->at) < len || memcmp(parser->at, text, len) != 0)
		return false;
	parser->at += len;
	return true;
}

static void skip_blanks(struct parser *parser)
{
	while (peek(parser) == ' ' || peek(parser) == '\t')
		parser->at++;
}

static void skip_comment(struct parser *parser)
{
	if (peek(parser) == '#')
		while (!is_at_end(parser) && *parser->at != '\n')
			parser->at++;
}

/* Blanks, comments and line ends. */
static void skip_lines(struct parser *parser)
{
	for (;;) {
		skip_blanks(parser);
		skip_comment(parser);
		if (take(parser, "\n") || take(parser, "\r\n"))
			parser->line++;
		else
			return;
	}
}

static void append_utf8(struct str *s, uint32_t c)
{
	char bytes[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n; i-- > 1; c >>= 6)
		bytes[i] = (char) (0x80 | (c & 0x3f));
	bytes[0] = (char) (first[n] | c);
	str_append(s, bytes, n);
}

static int read_unicode(struct parser *parser, int digits, struct str *ret, struct error *err)
{
	static const char hex[] = "0123456789abcdef0123456789ABCDEF";
	uint32_t c = 0;

	for (int i = 0; i < digits; i++) {
		const char *digit = is_at_end(parser) ? NULL : strchr(hex, *parser->at);

		if (!digit || !*digit)
			return bad(parser, "a character's number has too few digits", err);
		c = c << 4 | (uint32_t) ((digit - hex) % 16);
		parser->at++;
	}
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return bad(parser, "there is no such character", err);
	append_utf8(ret, c);
	return 0;
}

static int read_escape(struct parser *parser, bool is_long, struct str *ret, struct error *err)
{
	static const char names[] = "btnfr\"\\", values[] = "\b\t\n\f\r\"\\";
	char c = peek(parser);
	const char *name = c ? strchr(names, c) : NULL;

	if (name) {
		parser->at++;
		str_append(ret, &values[name - names], 1);
		return 0;
	}
	if (take(parser, "u"))
		return read_unicode(parser, 4, ret, err);
	if (take(parser, "U"))
		return read_unicode(parser, 8, ret, err);
	skip_blanks(parser);
	if (!is_long || (peek(parser) != '\n' && peek(parser) != '\r'))
		return bad(parser, "'\\' is followed by something unknown", err);
	while (peek(parser) && strchr(" \t\r\n", peek(parser)))
		parser->line += *parser->at++ == '\n';
	return 0;
}

/* Reads a string from its first quote to its last: "..." or '...', or three of either. */
static int read_string(struct parser *parser, struct str *ret, struct error *err)
{
	const char *const quotes = peek(parser) == '"' ? "\"\"\"" : "'''";
	char quote = *quotes;
	bool is_long = take(parser, quotes);
	const char *close = is_long ? quotes : quotes + 2;

	str_append(ret, "", 0);
	if (!is_long)
		parser->at++;
	else if (take(parser, "\n") || take(parser, "\r\n"))
		parser->line++;
	while (!is_at_end(parser)) {
		char c = *parser->at;

		if (take(parser, close)) {
			/* Up to two quotes may stand before the three that end it. */
			while (is_long && ret->len && peek(parser) == quote) {
				str_append(ret, &quote, 1);
				parser->at++;
			}
			return 0;
		}
		parser->at++;
		if (c == '\\' && quote == '"') {
			if (read_escape(parser, is_long, ret, err) < 0)
				return -err->code;
			continue;
		}
		if ((unsigned char) c < ' ' && c != '\t' && !(is_long && (c == '\n' || c == '\r')))
			break;
		parser->line += c == '\n';
		str_append(ret, &c, 1);
	}
	return bad(parser, "a string does not end", err);
}

/* One part of a key. */
static int read_part(struct parser *parser, struct str *ret, struct error *err)
{
	const char *begin;

	skip_blanks(parser);
	if (peek(parser) == '"' || peek(parser) == '\'') {
		if (read_string(parser, ret, err) < 0)
			return -err->code;
	} else {
		begin = parser->at;
		while (peek(parser) && strchr(BARE, peek(parser)))
			parser->at++;
		if (parser->at == begin)
			return bad(parser, "here should be a key", err);
		str_append(ret, begin, (size_t) (parser->at - begin));
	}
	skip_blanks(parser);
	return 0;
}

static void extend(struct str *path, const struct str *part)
{
	str_printf(path, "%s%s", path->len ? "." : "", part->data);
}

/* A dotted key: all parts but the last go behind path. */
static int read_key(struct parser *parser, struct str *path, struct str *ret_last,
		    struct error *err)
{
	if (read_part(parser, ret_last, err) < 0)
		return -err->code;
	while (take(parser, ".")) {
		extend(path, ret_last);
		ret_last->len = 0;
		if (read_part(parser, ret_last, err) < 0)
			return -err->code;
	}
	return 0;
}

static int read_value(struct parser *parser, const char *path, const char *key, bool is_item,
		      struct error *err);

static int read_pair(struct parser *parser, const char *table, struct error *err)
{
	auto_str path = { 0 }, key = { 0 };

	str_printf(&path, "%s", table);
	if (read_key(parser, &path, &key, err) < 0)
		return -err->code;
	if (!take(parser, "="))
		return bad(parser, "behind a key there should be '='", err);
	skip_blanks(parser);
	return read_value(parser, path.data, key.data, false, err);
}

static int read_inline_table(struct parser *parser, const char *path, struct error *err)
{
	skip_lines(parser);
	if (take(parser, "}"))
		return 0;
	for (;;) {
		if (read_pair(parser, path, err) < 0)
			return -err->code;
		skip_lines(parser);
		if (take(parser, "}"))
			return 0;
		if (!take(parser, ","))
			return bad(parser, "a table in braces does not end", err);
		skip_lines(parser);
	}
}

static int read_array(struct parser *parser, const char *path, const char *key, struct error *err)
{
	for (;;) {
		skip_lines(parser);
		if (take(parser, "]"))
			return 0;
		if (read_value(parser, path, key, true, err) < 0)
			return -err->code;
		skip_lines(parser);
		if (take(parser, "]"))
			return 0;
		if (!take(parser, ","))
			return bad(parser, "an array does not end", err);
	}
}

static int read_table(struct parser *parser, const char *path, const char *key, bool is_item,
		      struct error *err)
{
	auto_str below = { 0 };

	str_printf(&below, "%s%s%s", path, *path ? "." : "", key);
	if (is_item && parser->reader->item(parser->reader->context, below.data, err) < 0)
		return -err->code;
	return read_inline_table(parser, below.data, err);
}

static int read_scalar(struct parser *parser, struct str *text, struct toml_value *ret,
		       struct error *err)
{
	const char *begin = parser->at;

	if (peek(parser) == '"' || peek(parser) == '\'') {
		if (read_string(parser, text, err) < 0)
			return -err->code;
		ret->kind = TOML_STRING;
		ret->text = text->data;
		return 0;
	}
	ret->kind = TOML_BOOL;
	ret->is_true = take(parser, "true");
	if (ret->is_true || take(parser, "false"))
		return 0;
	ret->kind = TOML_OTHER;
	if (peek(parser) && strchr("0123456789+-in", peek(parser)))
		while (peek(parser) && strchr(NUMBERS, peek(parser)))
			parser->at++;
	return parser->at == begin ? bad(parser, "here should be a value", err) : 0;
}

static int read_value(struct parser *parser, const char *path, const char *key, bool is_item,
		      struct error *err)
{
	struct toml_value value = { .is_item = is_item };
	auto_str text = { 0 };
	int r;

	if (parser->depth == NESTING_MAX)
		return bad(parser, "values are nested too deep", err);
	parser->depth++;
	if (take(parser, "["))
		r = read_array(parser, path, key, err);
	else if (take(parser, "{"))
		r = read_table(parser, path, key, is_item, err);
	else if (read_scalar(parser, &text, &value, err) < 0)
		r = -err->code;
	else
		r = parser->reader->value(parser->reader->context, path, key, &value, err);
	parser->depth--;
	return r;
}

static int read_header(struct parser *parser, struct error *err)
{
	bool is_item = take(parser, "[");
	auto_str last = { 0 };

	parser->table.len = 0;
	if (read_key(parser, &parser->table, &last, err) < 0)
		return -err->code;
	if (!take(parser, is_item ? "]]" : "]"))
		return bad(parser, "a table's name does not end", err);
	extend(&parser->table, &last);
	if (is_item)
		return parser->reader->item(parser->reader->context, parser->table.data, err);
	return 0;
}

static int read_lines(struct parser *parser, struct error *err)
{
	for (skip_lines(parser); !is_at_end(parser); skip_lines(parser)) {
		int r;

		r = take(parser, "[") ? read_header(parser, err)
				      : read_pair(parser, parser->table.data, err);
		if (r < 0)
			return r;
		skip_blanks(parser);
		skip_comment(parser);
		if (!is_at_end(parser) && peek(parser) != '\n' && peek(parser) != '\r')
			return bad(parser, "there is something behind the value", err);
		if (peek(parser) == '\r' && !(parser->at + 1 < parser->end && parser->at[1] == '\n'))
			return bad(parser, "a line ends in a carriage return only", err);
	}
	return 0;
}

int toml_read(const char *text, size_t len, const struct toml_reader *reader, struct error *err)
{
	struct parser parser = { .at = text, .end = text + len, .reader = reader, .line = 1 };
	int r;

	if (memchr(text, '\0', len))
		return bad(&parser, "there is a NUL in it", err);
	str_append(&parser.table, "", 0);
	r = read_lines(&parser, err);
	str_release(&parser.table);
	return r;
}
