/* challenge.c - see challenge.h */
#include "image/challenge.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

/* No parameter that registries use is longer. */
#define VALUE_MAX 4096

static size_t token_length(const char *at)
{
	size_t len = 0;

	while (isalnum((unsigned char) at[len]) || (at[len] && strchr("!#$%&'*+-.^_`|~", at[len])))
		len++;
	return len;
}

static const char *skip_space(const char *at)
{
	return at + strspn(at, " \t");
}

static bool is_named(const char *at, size_t len, const char *name)
{
	return len == strlen(name) && strncasecmp(at, name, len) == 0;
}

/* Reads a quoted string behind its first quote; returns what is behind its last, or NULL. */
static const char *read_quoted(const char *at, struct str *ret)
{
	for (; *at && *at != '"'; at++) {
		if (*at == '\\' && at[1])
			at++;
		if (iscntrl((unsigned char) *at) || ret->len >= VALUE_MAX)
			return NULL;
		str_append(ret, at, 1);
	}
	return *at == '"' ? at + 1 : NULL;
}

static const char *read_value(const char *at, struct str *ret)
{
	size_t len;

	str_append(ret, "", 0);
	if (*at == '"')
		return read_quoted(at + 1, ret);
	len = token_length(at);
	/* token68's further characters, which some servers leave unquoted: URLs. */
	while (at[len] && !strchr(" \t,\"", at[len]) && !iscntrl((unsigned char) at[len]))
		len++;
	if (len > VALUE_MAX)
		return NULL;
	str_append(ret, at, len);
	return at + len;
}

static void set(struct challenge *challenge, const char *name, size_t len, const struct str *value)
{
	const struct {
		const char *name;
		char **member;
	} members[] = {
		{ "realm", &challenge->realm },
		{ "service", &challenge->service },
		{ "scope", &challenge->scope },
		{ "error", &challenge->error },
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (is_named(name, len, members[i].name) && !*members[i].member)
			*members[i].member = xstrdup(value->data ? value->data : "");
}

/* "name = value" pairs, as long as there are; returns what is behind, or NULL. */
static const char *read_parameters(const char *at, struct challenge *challenge)
{
	for (;;) {
		auto_str value = { 0 };
		size_t len = token_length(at);
		const char *equals = skip_space(at + len);

		if (len == 0 || *equals != '=')
			return at;
		equals = read_value(skip_space(equals + 1), &value);
		if (!equals)
			return NULL;
		set(challenge, at, len, &value);
		at = skip_space(equals);
		at = skip_space(at + strspn(at, ","));
	}
}

static void take_better(struct challenge *found, struct challenge *ret)
{
	if (found->scheme > ret->scheme && (found->scheme != AUTH_BEARER || found->realm)) {
		challenge_release(ret);
		*ret = *found;
		*found = (struct challenge){ 0 };
	}
}

void challenge_parse(const char *header, struct challenge *ret)
{
	const char *at = header + strspn(header, " \t,");

	while (at && *at) {
		auto_challenge found = { 0 };
		size_t len = token_length(at);

		if (len == 0)
			return;
		if (is_named(at, len, "Bearer"))
			found.scheme = AUTH_BEARER;
		else if (is_named(at, len, "Basic"))
			found.scheme = AUTH_BASIC;
		at = skip_space(at + len);
		at = read_parameters(at, &found);
		if (at)
			at += strspn(at, " \t,");
		take_better(&found, ret);
	}
}

void challenge_release(struct challenge *challenge)
{
	free(challenge->realm);
	free(challenge->service);
	free(challenge->scope);
	free(challenge->error);
	*challenge = (struct challenge){ 0 };
}
