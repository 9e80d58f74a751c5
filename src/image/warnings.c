/* warnings.c - what a registry says beside its answers; see registry.h
 *
 * Header fields "Warning: 299 - "text"" (distribution specification, Warnings; RFC 7234, section 5.5).  No other
 * code is for the user. */
#include <ctype.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "image/lists.h"
#include "image/registry.h"

/* Of one text, and so many different ones. */
#define TEXT_MAX 400
#define TEXTS_MAX 16

/* What stands behind a first quote, fit to be shown; returns what is behind the last one, NULL: there is none. */
static const char *read_quoted(const char *at, struct str *ret)
{
	str_append(ret, "", 0);
	for (; *at && *at != '"'; at++) {
		if (*at == '\\' && at[1])
			at++;
		if (ret->len < TEXT_MAX)
			str_append(ret, isprint((unsigned char) *at) ? at : "?", 1);
	}
	return *at ? at + 1 : NULL;
}

static void report(const struct registry *registry, const char *text)
{
	struct oci_strings *told = &registry->http->warnings;

	if (told->n >= TEXTS_MAX || strings_have(told, text))
		return;
	log_warning("registry '%s' warns: %s", registry->host, text);
	strings_add(told, xstrdup(text));
}

/* A date, which may follow, is quoted too, and passed over as what is not for the user. */
static void report_all(const struct registry *registry, const char *at)
{
	while (at && *(at += strspn(at, " \t,"))) {
		bool is_for_user = str_after(at, "299 ");
		auto_str text = { 0 };

		at = strchr(at, '"');
		if (at)
			at = read_quoted(at + 1, &text);
		if (at && is_for_user)
			report(registry, text.data);
	}
}

void registry_report_warnings(const struct registry *registry, const struct http_transfer *transfer)
{
	const char *value;

	/* Another host's are not the registry's. */
	if (http_is_elsewhere(transfer))
		return;
	for (size_t i = 0; (value = http_header(transfer, "Warning", i)); i++)
		report_all(registry, value);
}
