/* parse.c - text into events by yajl's streaming parser, for the reader; see document.h */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <yajl/yajl_parse.h>

#include "libocispec/document.h"
#include "libocispec/encoding.h"
#include "libocispec/path.h"
#include "libocispec/reader.h"
#include "libocispec/skip.h"

static int value(void *reader, enum oci_event_type type, const char *text, size_t len)
{
	struct oci_event event = { .type = type, .text = text, .len = len };

	return oci_reader_value(reader, &event);
}

static int on_null(void *reader)
{
	return value(reader, OCI_EVENT_NULL, NULL, 0);
}

static int on_boolean(void *reader, int is_true)
{
	return value(reader, OCI_EVENT_BOOLEAN, is_true ? "true" : "false", is_true ? 4 : 5);
}

static int on_number(void *reader, const char *text, size_t len)
{
	return value(reader, OCI_EVENT_NUMBER, text, len);
}

static int on_string(void *reader, const unsigned char *text, size_t len)
{
	return value(reader, OCI_EVENT_STRING, (const char *) text, len);
}

static int on_object(void *reader)
{
	return value(reader, OCI_EVENT_OBJECT, NULL, 0);
}

static int on_key(void *reader, const unsigned char *key, size_t len)
{
	return oci_reader_key(reader, (const char *) key, len);
}

static int on_array(void *reader)
{
	return value(reader, OCI_EVENT_ARRAY, NULL, 0);
}

static int on_end(void *reader)
{
	return oci_reader_end(reader);
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_object,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end,
	.yajl_start_array = on_array,
	.yajl_end_array = on_end,
};

static int fail_text(struct oci_error *err, int code, const char *text)
{
	err->code = code;
	snprintf(err->text, sizeof(err->text), "%s", text);
	return -code;
}

static int fail_at(struct oci_error *err, const char *json, size_t at, const char *text)
{
	oci_encoding_position(json, at, err->path, sizeof(err->path));
	return fail_text(err, EINVAL, text);
}

static bool is_separator(char c)
{
	return c == '\0' || strchr(" \t\r\n{}[],:\"", c) != NULL;
}

/* The first byte of the token that at is in, or is the last byte of. */
static size_t token_start(const char *json, size_t at)
{
	size_t start = at;

	if (json[at] == '"') {
		while (start > 0 && (json[--start] != '"' || (start > 0 && json[start - 1] == '\\')))
			;
		return start;
	}
	while (start > 0 && !is_separator(json[at]) && !is_separator(json[start - 1]))
		start--;
	return start;
}

static size_t token_end(const char *json, size_t len, size_t at)
{
	size_t end = at + 1;

	while (end < len && !is_separator(json[at]) && !is_separator(json[end]))
		end++;
	return end;
}

static int fail_token(struct oci_error *err, const char *json, size_t len, size_t at)
{
	size_t start = token_start(json, at), end = token_end(json, len, at);
	char text[80], quoted[40];

	oci_encoding_quote(json + start, end - start, quoted, sizeof(quoted));
	snprintf(text, sizeof(text), "not JSON: '%s' is not expected here", quoted);
	return fail_at(err, json, start, text);
}

static bool is_inside_string(yajl_handle yajl)
{
	unsigned char *text = yajl_get_error(yajl, 0, NULL, 0);
	bool is_inside = text != NULL && strstr((const char *) text, "inside string") != NULL;

	yajl_free_error(yajl, text);
	return is_inside;
}

/* What yajl refused ends at the byte before consumed, but for a bad character in a string and the
 * slash of a comment, which it has not taken yet. */
static int fail_syntax(yajl_handle yajl, const struct oci_reader *reader, const char *json,
		       size_t len, size_t consumed)
{
	size_t at = consumed > 0 ? consumed - 1 : 0;

	if (reader->is_complete)
		return fail_at(reader->err, json, token_start(json, at),
			       "something follows the end of the document");
	if (is_inside_string(yajl))
		return fail_at(reader->err, json, consumed,
			       "a control character in a string must be written as an escape");
	return fail_token(reader->err, json, len,
			  consumed < len && json[consumed] == '/' ? consumed : at);
}

static yajl_status feed(yajl_handle yajl, const char *text, size_t len)
{
	return yajl_parse(yajl, (const unsigned char *) text, len);
}

/* A string that begins behind the document and does not end is none yet to yajl, and no error: a quote
 * makes it one. */
static bool has_string_behind(yajl_handle yajl)
{
	return feed(yajl, "\"", 1) == yajl_status_error;
}

static int fail_string_behind(struct oci_error *err, const char *json, size_t len)
{
	size_t begin = (size_t) ((const char *) memchr(json, '{', len) - json);
	size_t end = begin + oci_skip_object(json + begin, len - begin);

	end += (size_t) ((const char *) memchr(json + end, '"', len - end) - (json + end));
	return fail_at(err, json, end, "something follows the end of the document");
}

static int run(yajl_handle yajl, const struct oci_reader *reader, const char *json, size_t len)
{
	struct oci_error *err = reader->err;
	yajl_status status = feed(yajl, json, len);
	size_t consumed = yajl_get_bytes_consumed(yajl);

	if (status == yajl_status_error)
		return fail_syntax(yajl, reader, json, len, consumed);
	if (status == yajl_status_ok)
		status = yajl_complete_parse(yajl);
	if (status == yajl_status_error)
		return fail_at(err, json, len, "the document ends before it is complete");
	if (status == yajl_status_ok && has_string_behind(yajl))
		return fail_string_behind(err, json, len);
	if (status == yajl_status_client_canceled && err->path[0] == '\0')
		oci_encoding_position(json, token_start(json, consumed - 1), err->path,
				      sizeof(err->path));
	return -err->code;
}

static yajl_handle begin(struct oci_reader *reader)
{
	yajl_handle yajl = yajl_alloc(&callbacks, NULL, reader);

	if (yajl != NULL)
		yajl_config(yajl, yajl_dont_validate_strings, 1);
	return yajl;
}

int oci_parse(const struct oci_desc *desc, void *object, const char *json, size_t len,
	      struct oci_error *err)
{
	struct oci_reader reader = { .desc = desc, .object = object, .err = err };
	const char *reason;
	char text[80];
	size_t at;
	yajl_handle yajl;
	int r;

	*err = (struct oci_error){ 0 };
	if (len > OCI_DOCUMENT_MAX) {
		snprintf(text, sizeof(text), "%zu bytes, more than the %zu that are read", len,
			 OCI_DOCUMENT_MAX);
		return fail_text(err, EFBIG, text);
	}
	reason = oci_encoding_check(json, len, &at);
	if (reason != NULL)
		return fail_at(err, json, at, reason);
	yajl = begin(&reader);
	if (yajl == NULL)
		return fail_text(err, ENOMEM, "out of memory");
	r = run(yajl, &reader, json, len);
	yajl_free(yajl);
	if (r < 0)
		oci_release(desc, object);
	return r;
}

static bool is_at(const struct oci_reader *reader, const char *path)
{
	char here[sizeof(reader->err->path)];

	oci_path_write(reader, here, sizeof(here));
	return strcmp(here, path) == 0;
}

/* The reader itself says where the object stands: it is given the text up to each place where the
 * member's name is written, and asked whether that was the member.  If it was, the object is
 * skipped, and the reader takes a null for it.  So the name may stand anywhere else, too, and twice
 * is refused as ever.  Written with escapes it is not found. */
static yajl_status feed_except(yajl_handle yajl, const struct oci_reader *reader, const char *json,
			       size_t len, const char *path, struct oci_text *ret)
{
	const char *last = strrchr(path, '.'), *end = json + len, *at;
	yajl_status status = yajl_status_ok;
	char name[64];
	size_t n;

	snprintf(name, sizeof(name), "\"%s\"", last != NULL ? last + 1 : path);
	n = strlen(name);
	while (status == yajl_status_ok && ret->text == NULL &&
	       (at = memmem(json, (size_t) (end - json), name, n)) != NULL) {
		at += n;
		status = feed(yajl, json, (size_t) (at - json));
		json = at;
		if (status != yajl_status_ok || !is_at(reader, path))
			continue;
		*ret = oci_object_behind(at, (size_t) (end - at));
		if (ret->text == NULL)
			continue;
		status = feed(yajl, ":null", strlen(":null"));
		json = ret->text + ret->len;
	}
	if (status == yajl_status_ok)
		status = feed(yajl, json, (size_t) (end - json));
	if (status == yajl_status_ok)
		status = yajl_complete_parse(yajl);
	return status == yajl_status_ok && has_string_behind(yajl) ? yajl_status_error : status;
}

static bool parse_except(const struct oci_desc *desc, void *object, const char *json, size_t len,
			 const char *path, struct oci_text *ret)
{
	struct oci_error ignored = { 0 };
	struct oci_reader reader = { .desc = desc, .object = object, .err = &ignored };
	yajl_handle yajl;
	size_t at;
	bool ok;

	if (len > OCI_DOCUMENT_MAX || oci_encoding_check(json, len, &at) != NULL)
		return false;
	yajl = begin(&reader);
	if (yajl == NULL)
		return false;
	ok = feed_except(yajl, &reader, json, len, path, ret) == yajl_status_ok;
	yajl_free(yajl);
	if (!ok)
		oci_release(desc, object);
	return ok;
}

/* What is wrong anywhere is found, and told, by reading all of it. */
int oci_parse_except(const struct oci_desc *desc, void *object, const char *json, size_t len,
		     const char *path, struct oci_text *ret_text, struct oci_error *err)
{
	*ret_text = (struct oci_text){ 0 };
	if (parse_except(desc, object, json, len, path, ret_text))
		return 0;
	*ret_text = (struct oci_text){ 0 };
	return oci_parse(desc, object, json, len, err);
}
