/* reference.c - see reference.h */
#include "image/reference.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/digest.h"

#define TAG_MAX 128
#define DOCKER_HUB "docker.io"

static const struct {
	const char *prefix;
	enum transport transport;
} path_forms[] = {
	{ "oci:", TRANSPORT_LAYOUT },
	{ "oci-archive:", TRANSPORT_OCI_ARCHIVE },
	{ "docker-archive:", TRANSPORT_DOCKER_ARCHIVE },
};

static int bad(const char *text, const char *why, struct error *err)
{
	return fail_as(err, ERROR_USAGE, EINVAL,
		       "image '%.300s' %s: write NAME[:TAG], NAME@DIGEST, oci:DIR[:TAG], "
		       "oci-archive:FILE[:TAG] or docker-archive:FILE[:NAME]",
		       text, why);
}

static int parse_path(const char *text, const char *path, struct reference *ret, struct error *err)
{
	const char *colon = strchr(path, ':');

	if (!*path || colon == path)
		return bad(text, "names no directory or file", err);
	if (colon && !colon[1])
		return bad(text, "has an empty tag", err);
	ret->path = colon ? xasprintf("%.*s", (int) (colon - path), path) : xstrdup(path);
	ret->tag = colon ? xstrdup(colon + 1) : NULL;
	return 0;
}

static bool is_lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_word(char c)
{
	return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '_';
}

/* What may stand between two letters of a repository: one '.', one or two '_', any number of
 * '-'.  Returns its length, 0 if it is none. */
static size_t separator(const char *at)
{
	if (*at == '.')
		return 1;
	if (*at == '_')
		return at[1] == '_' ? 2 : 1;
	return strspn(at, "-");
}

static bool is_repository(const char *at)
{
	for (;;) {
		size_t len = 0;

		while (is_lower_or_digit(at[len]))
			len++;
		if (len == 0)
			return false;
		at += len;
		if (*at == '\0')
			return true;
		len = *at == '/' ? 1 : separator(at);
		if (len == 0)
			return false;
		at += len;
	}
}

static bool is_port(const char *text)
{
	uint64_t port;

	return parse_u64(text, 65535, &port) == 0 && port > 0;
}

/* Labels of letters, digits and '-' (not at an end), with dots between. */
static bool is_host(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool is_edge = i == 0 || i == len - 1 || at[i - 1] == '.' || at[i + 1] == '.';

		if (!isalnum((unsigned char) at[i]) && (is_edge || (at[i] != '-' && at[i] != '.')))
			return false;
	}
	return len > 0;
}

/* "host", "host:port", "[IPv6]", "[IPv6]:port" */
static bool is_domain(const char *text)
{
	const char *end = *text == '[' ? strchr(text, ']') : strchrnul(text, ':');
	size_t len;

	if (!end)
		return false;
	len = (size_t) (end - text);
	if (*text == '[') {
		if (len < 3 || strspn(text + 1, "0123456789abcdefABCDEF:.") != len - 1)
			return false;
		end++;
	} else if (!is_host(text, len)) {
		return false;
	}
	return *end == '\0' || (*end == ':' && is_port(end + 1));
}

int reference_parse_scope(const char *text, char **ret_host, struct error *err)
{
	size_t len = strcspn(text, "/");
	auto_free char *host = xasprintf("%.*s", (int) len, text);

	if (!is_domain(host) || strlen(text) > REFERENCE_NAME_MAX ||
	    (text[len] && !is_repository(text + len + 1)))
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "registry '%.300s' is no HOST[:PORT][/PATH]", text);
	*ret_host = TAKE_PTR(host);
	return 0;
}

static bool is_tag(const char *text)
{
	size_t len = 0;

	if (!is_word(*text))
		return false;
	while (is_word(text[len]) || text[len] == '.' || text[len] == '-')
		len++;
	return text[len] == '\0' && len <= TAG_MAX;
}

/* docker's rule for the first component: with a '.', a ':', an upper-case letter, or "localhost",
 * it is a registry. */
static bool looks_like_domain(const char *text, size_t len)
{
	if (len == strlen("localhost") && strncmp(text, "localhost", len) == 0)
		return true;
	for (size_t i = 0; i < len; i++)
		if (text[i] == '.' || text[i] == ':' || isupper((unsigned char) text[i]))
			return true;
	return false;
}

static char *repository_at(const char *domain, const char *path)
{
	if (str_equal(domain, DOCKER_HUB) && !strchr(path, '/'))
		return xasprintf("library/%s", path);
	return xstrdup(path);
}

/* Cuts "@digest" and ":tag" off name. */
static int cut_tag_and_digest(const char *text, char *name, struct reference *ret,
			      struct error *err)
{
	char *at = strchr(name, '@'), *colon;
	struct digest digest;

	if (at) {
		*at = '\0';
		if (digest_parse(at + 1, &digest, err) < 0) {
			fail_in(err, "image '%.300s'", text);
			return fail_class(err, ERROR_USAGE, NULL);
		}
		ret->digest = xstrdup(at + 1);
	}
	colon = strrchr(name, ':');
	if (colon && !strchr(colon, '/')) {
		*colon = '\0';
		if (!is_tag(colon + 1))
			return bad(text, "has a tag that is none", err);
		ret->tag = xstrdup(colon + 1);
	}
	return 0;
}

static bool is_hex_id(const char *name)
{
	return strlen(name) == 64 && strspn(name, "0123456789abcdef") == 64;
}

static int parse_name(const char *text, const char *name, struct reference *ret, struct error *err)
{
	auto_free char *copy = xstrdup(name);
	const char *path = copy, *slash;

	if (cut_tag_and_digest(text, copy, ret, err) < 0)
		return -err->code;
	slash = strchr(copy, '/');
	if (slash && looks_like_domain(copy, (size_t) (slash - copy))) {
		ret->domain = xasprintf("%.*s", (int) (slash - copy), copy);
		path = slash + 1;
		if (!is_domain(ret->domain))
			return bad(text, "names a registry that is no host", err);
		if (strcmp(ret->domain, "index.docker.io") == 0) {
			free(ret->domain);
			ret->domain = xstrdup(DOCKER_HUB);
		}
	}
	if (strlen(copy) > REFERENCE_NAME_MAX)
		return bad(text, "has a name longer than 255 characters", err);
	if (!is_repository(path))
		return bad(text,
			   *path ? "has a name that is none (small letters, digits, and . _ - "
				   "between them)"
				 : "has no name",
			   err);
	if (!ret->domain && is_hex_id(path))
		return bad(text, "looks like an ID, not like a name", err);
	ret->repository = repository_at(ret->domain, path);
	return 0;
}

int reference_parse(const char *text, struct reference *ret, struct error *err)
{
	auto_reference parsed = { .transport = TRANSPORT_REGISTRY };
	const char *rest = NULL;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(path_forms) && !rest; i++) {
		rest = str_after(text, path_forms[i].prefix);
		if (rest)
			parsed.transport = path_forms[i].transport;
	}
	if (rest)
		r = parse_path(text, rest, &parsed, err);
	else if (strstr(text, "://") && !str_after(text, "docker://"))
		return bad(text, "is of a kind that is not known", err);
	else
		r = parse_name(text,
			       str_after(text, "docker://") ? str_after(text, "docker://") : text,
			       &parsed, err);
	if (r < 0)
		return r;
	*ret = parsed;
	parsed = (struct reference){ 0 };
	return 0;
}

static char *copy_or_null(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

void reference_complete(const struct reference *reference, const char *domain,
			struct reference *ret)
{
	*ret = (struct reference){
		.transport = reference->transport,
		.domain = xstrdup(domain),
		.repository = repository_at(domain, reference->repository),
		.tag = copy_or_null(reference->tag),
		.digest = copy_or_null(reference->digest),
	};
}

void reference_text(const struct reference *reference, struct str *ret)
{
	if (reference->path) {
		for (size_t i = 0; i < ARRAY_SIZE(path_forms); i++)
			if (path_forms[i].transport == reference->transport)
				str_printf(ret, "%s%s", path_forms[i].prefix, reference->path);
		if (reference->tag)
			str_printf(ret, ":%s", reference->tag);
		return;
	}
	if (reference->domain)
		str_printf(ret, "%s/", reference->domain);
	str_printf(ret, "%s", reference->repository);
	if (reference->digest)
		str_printf(ret, "@%s", reference->digest);
	else
		str_printf(ret, ":%s", reference->tag ? reference->tag : "latest");
}

void reference_release(struct reference *reference)
{
	free(reference->path);
	free(reference->domain);
	free(reference->repository);
	free(reference->tag);
	free(reference->digest);
	*reference = (struct reference){ 0 };
}
