/* token.c - see token.h */
#include "image/token.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "libocispec/desc.h"
#include "libocispec/document.h"

/* The token server's answer; one of the two is there. */
struct token_answer {
	char *token;
	char *access_token;
};

/* clang-format off */
static OCI_DESC(token_answer,
		OCI_F(token_answer, token, "token"),
		OCI_F(token_answer, access_token, "access_token"));
/* clang-format on */

static char *basic(const struct credentials *credentials)
{
	auto_free char *text = credentials_encode(credentials);

	return xasprintf("Basic %s", text);
}

static void append_encoded(struct str *s, const char *name, const char *value)
{
	str_printf(s, "%s%s=", s->len ? "&" : "", name);
	for (; *value; value++) {
		if (isalnum((unsigned char) *value) || strchr("-._~", *value))
			str_append(s, value, 1);
		else
			str_printf(s, "%%%02X", (unsigned char) *value);
	}
}

/* Each entry of a scope is a parameter of its own. */
static void append_entries(struct str *s, const char *scope)
{
	for (scope += strspn(scope, " "); *scope; scope += strspn(scope, " ")) {
		size_t len = strcspn(scope, " ");
		auto_free char *entry = xasprintf("%.*s", (int) len, scope);

		append_encoded(s, "scope", entry);
		scope += len;
	}
}

/* What is asked for: the challenge's scope, or else to pull.  OAuth 2, by which a form goes, has all entries
 * in one parameter. */
static void append_scope(struct str *s, const struct registry *registry,
			 const struct challenge *challenge, bool is_form)
{
	auto_free char *pull = NULL;

	if (challenge->service)
		append_encoded(s, "service", challenge->service);
	if (registry->repository)
		pull = xasprintf("repository:%s:pull", registry->repository);
	if (challenge->scope && *challenge->scope) {
		if (is_form)
			append_encoded(s, "scope", challenge->scope);
		else
			append_entries(s, challenge->scope);
	} else if (pull) {
		append_encoded(s, "scope", pull);
	}
}

static int check_realm(const struct registry *registry, const char *realm, struct error *err)
{
	const char *host = str_after(realm, "https://");

	if (!host && registry->is_insecure)
		host = str_after(realm, "http://");
	if (!host)
		return fail_as(err, ERROR_IMAGE, EPERM,
			       "the token server '%.200s' is not reached by https: credentials are "
			       "not sent there (--tls-verify=false allows it)",
			       realm);
	if (strpbrk(realm, " \t\"<>\\^`{|}#") || !*host || *host == '/')
		return fail_as(err, ERROR_IMAGE, EINVAL, "the token server '%.200s' is no URL",
			       realm);
	return 0;
}

/* A token goes into a header: it must be visible characters. */
static bool is_token(const char *text)
{
	if (!text || !*text)
		return false;
	for (; *text; text++)
		if (!isgraph((unsigned char) *text))
			return false;
	return true;
}

static int parse_answer(const struct http_transfer *transfer, char **ret, struct error *err)
{
	struct token_answer answer = { 0 };
	struct oci_error why;
	const char *token;
	int r = oci_parse(&token_answer_desc, &answer,
			  transfer->body.data ? transfer->body.data : "", transfer->body.len, &why);

	if (r < 0)
		return fail_as(err, ERROR_IMAGE, -r, "%s: malformed", why.path);
	token = answer.token && *answer.token ? answer.token : answer.access_token;
	if (is_token(token))
		*ret = xasprintf("Bearer %s", token);
	else
		r = fail_as(err, ERROR_IMAGE, EINVAL, "there is no token in its answer");
	oci_release(&token_answer_desc, &answer);
	return r;
}

static int ask(struct registry *registry, struct http_transfer *transfer,
	       const struct http_request *request, struct error *err)
{
	for (unsigned int attempt = 1;; attempt++) {
		enum verdict verdict;
		int64_t delay;

		transfer->request = *request;
		if (http_do(registry->http, transfer, err) < 0)
			return -err->code;
		verdict = registry_judge(registry, transfer, "token", err);
		if (verdict == VERDICT_GOOD)
			return 0;
		if (verdict != VERDICT_LATER)
			return -err->code;
		if (attempt > registry->options->retries)
			return registry_give_up(registry, transfer, err);
		delay = registry_delay_ms(transfer, attempt);
		if (http_pause(registry->http, delay, err) < 0)
			return -err->code;
		http_transfer_release(transfer);
		*transfer = (struct http_transfer){ 0 };
	}
}

static int get_bearer(struct registry *registry, const struct challenge *challenge, char **ret,
		      struct error *err)
{
	const struct credentials *credentials = &registry->credentials;
	auto_free char *authorization = NULL;
	auto_http_transfer transfer = { 0 };
	struct http_request request = { 0 };
	auto_str url = { 0 }, query = { 0 };

	if (check_realm(registry, challenge->realm, err) < 0)
		return -err->code;
	append_scope(&query, registry, challenge, credentials->identity_token);
	registry_prepare(registry, NULL, &request);
	request.authorization = NULL;
	request.body_max = TOKEN_BODY_MAX;
	str_printf(&url, "%s", challenge->realm);
	if (credentials->identity_token) {
		append_encoded(&query, "grant_type", "refresh_token");
		append_encoded(&query, "client_id", "coracle-unpack");
		append_encoded(&query, "refresh_token", credentials->identity_token);
		request.method = "POST";
		request.form = query.data;
	} else {
		if (credentials->user) {
			append_encoded(&query, "account", credentials->user);
			authorization = basic(credentials);
			request.authorization = authorization;
		}
		if (query.len)
			str_printf(&url, "%c%s", strchr(challenge->realm, '?') ? '&' : '?',
				   query.data);
	}
	request.url = url.data;
	if (ask(registry, &transfer, &request, err) < 0 || parse_answer(&transfer, ret, err) < 0)
		return fail_in(err, "token server '%.200s'", challenge->realm);
	return 0;
}

int token_get(struct registry *registry, const struct challenge *challenge, char **ret,
	      struct error *err)
{
	*ret = NULL;
	if (challenge->scheme == AUTH_BEARER)
		return get_bearer(registry, challenge, ret, err);
	if (challenge->scheme == AUTH_BASIC && registry->credentials.user)
		*ret = basic(&registry->credentials);
	return 0;
}
