/* registry.c - see registry.h */
#include "image/registry.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "image/digest.h"
#include "image/token.h"
#include "libocispec/document.h"

#define ACCEPT_MANIFESTS                                              \
	"application/vnd.oci.image.index.v1+json, "                   \
	"application/vnd.docker.distribution.manifest.list.v2+json, " \
	"application/vnd.oci.image.manifest.v1+json, "                \
	"application/vnd.docker.distribution.manifest.v2+json"

/* docker.io is served by another host. */
static const char *served_by(const char *host)
{
	return strcmp(host, "docker.io") == 0 ? "registry-1.docker.io" : host;
}

void registry_prepare(const struct registry *registry, const char *url,
		      struct http_request *request)
{
	request->method = "GET";
	request->url = url;
	request->authorization = registry->authorization;
	request->is_insecure = registry->is_insecure;
	request->certs = &registry->certs;
	request->body_max = OCI_DOCUMENT_MAX;
}

char *registry_blob_url(const struct registry *registry, const char *digest)
{
	return xasprintf("%s/v2/%s/blobs/%s", registry->base, registry->repository, digest);
}

int registry_authorize(struct registry *registry, const struct http_transfer *answer,
		       struct error *err)
{
	auto_free char *authorization = NULL;
	auto_challenge challenge = { 0 };
	const char *header;

	if (http_is_elsewhere(answer))
		return fail_as(err, ERROR_IMAGE, EACCES,
			       "registry '%s': it leads to another host, which wants credentials: "
			       "none go there",
			       registry->host);
	for (size_t i = 0; (header = http_header(answer, "WWW-Authenticate", i)); i++)
		challenge_parse(header, &challenge);
	if (token_get(registry, &challenge, &authorization, err) < 0)
		return fail_in(err, "registry '%s'", registry->host);
	if (!authorization)
		return 0;
	free(registry->authorization);
	registry->authorization = TAKE_PTR(authorization);
	registry->authorizations++;
	return 1;
}

/* One request until it is good or has failed for good. */
static int request_again_and_again(struct registry *registry, struct http_transfer *transfer,
				   const struct http_request *request, const char *what,
				   struct error *err)
{
	bool was_authorized = false;

	for (unsigned int attempt = 1;; attempt++) {
		enum verdict verdict;
		int r;

		transfer->request = *request;
		transfer->request.authorization = registry->authorization;
		if (http_do(registry->http, transfer, err) < 0)
			return -err->code;
		verdict = registry_judge(registry, transfer, what, err);
		if (verdict == VERDICT_GOOD)
			return 0;
		if (verdict == VERDICT_AUTHORIZE && !was_authorized) {
			was_authorized = true;
			attempt--;
			r = registry_authorize(registry, transfer, err);
			if (r < 0)
				return r;
			if (r == 0) {
				registry_judge(registry, transfer, what, err);
				return -err->code;
			}
		} else if (verdict != VERDICT_LATER) {
			return -err->code;
		} else if (attempt > registry->options->retries) {
			return registry_give_up(registry, transfer, err);
		} else {
			int64_t delay = registry_delay_ms(transfer, attempt);

			log_warning("%s; trying again in %.1f s", err->text, (double) delay / 1000);
			if (http_pause(registry->http, delay, err) < 0)
				return -err->code;
		}
		http_transfer_release(transfer);
		*transfer = (struct http_transfer){ 0 };
	}
}

/* https; or, when nothing is to be verified and nobody speaks it there, http. */
static int greet(struct registry *registry, struct error *err)
{
	auto_free char *url = xasprintf("%s/v2/", registry->base);
	auto_http_transfer transfer = { 0 };
	struct http_request request = { 0 };

	registry_prepare(registry, url, &request);
	return request_again_and_again(registry, &transfer, &request, "registry", err);
}

static bool speaks_tls(struct registry *registry)
{
	auto_free char *url = xasprintf("%s/v2/", registry->base);
	auto_http_transfer transfer = { 0 };
	struct error ignored;

	registry_prepare(registry, url, &transfer.request);
	transfer.request.method = "HEAD";
	if (http_do(registry->http, &transfer, &ignored) < 0)
		return true;
	return transfer.result == CURLE_OK;
}

static void use_scheme(struct registry *registry, const char *scheme)
{
	free(registry->base);
	registry->base = xasprintf("%s://%s", scheme, served_by(registry->host));
}

int registry_open(struct http *http, const struct endpoint *endpoint,
		  const struct registry_options *options, struct registry *ret, struct error *err)
{
	auto_registry registry = { .http = http, .options = options };
	int r;

	registry.host = xstrdup(endpoint->host);
	registry.repository = endpoint->repository ? xstrdup(endpoint->repository) : NULL;
	registry.is_insecure = options->is_insecure || endpoint->is_insecure;
	registry.is_mirror = endpoint->is_mirror;
	if (certs_find(registry.host, &registry.certs, err) < 0)
		return -err->code;
	if (options->creds && !endpoint->is_other_host)
		r = credentials_parse(options->creds, &registry.credentials, err);
	else
		r = credentials_find(options->auth_file, registry.host, registry.repository,
				     &registry.credentials, err);
	if (r < 0)
		return r;
	use_scheme(&registry, "https");
	if (registry.is_insecure && !speaks_tls(&registry))
		use_scheme(&registry, "http");
	if (!registry.repository && greet(&registry, err) < 0)
		return -err->code;
	*ret = registry;
	registry = (struct registry){ 0 };
	return 0;
}

void registry_release(struct registry *registry)
{
	free(registry->host);
	free(registry->repository);
	free(registry->base);
	certs_release(&registry->certs);
	credentials_release(&registry->credentials);
	free(registry->authorization);
	*registry = (struct registry){ 0 };
}

static int take(struct http_transfer *transfer, struct fetched *ret, struct error *err)
{
	const char *type = http_header(transfer, "Content-Type", 0);

	str_append(&transfer->body, "", 0);
	if (digest_compute(transfer->body.data, transfer->body.len, ret->digest, err) < 0)
		return -err->code;
	ret->media_type = type ? xasprintf("%.*s", (int) strcspn(type, "; \t"), type) : xstrdup("");
	ret->data = TAKE_PTR(transfer->body.data);
	ret->len = transfer->body.len;
	return 0;
}

static char *manifest_url(const struct registry *registry, const char *name)
{
	return xasprintf("%s/v2/%s/manifests/%s", registry->base, registry->repository, name);
}

int registry_head(struct registry *registry, const char *tag, char ret[DIGEST_TEXT_MAX],
		  struct error *err)
{
	auto_free char *url = manifest_url(registry, tag);
	auto_free char *what = xasprintf("manifest '%s'", tag);
	auto_http_transfer transfer = { 0 };
	struct http_request request = { 0 };
	struct digest digest;
	struct error ignored;
	const char *value;

	registry_prepare(registry, url, &request);
	request.method = "HEAD";
	request.accept = ACCEPT_MANIFESTS;
	*ret = '\0';
	if (request_again_and_again(registry, &transfer, &request, what, err) < 0)
		return -err->code;
	value = http_header(&transfer, "Docker-Content-Digest", 0);
	if (value && digest_parse(value, &digest, &ignored) == 0)
		digest_text(&digest, ret);
	return 0;
}

/* The bytes against the digest that they were asked for by, of whichever algorithm (NULL: by none), and
 * against their descriptor's size (-1: there is none). */
static int check(const struct fetched *fetched, const char *expected, int64_t size,
		 struct error *err)
{
	auto_hash hash = { 0 };
	struct digest digest;

	if (size >= 0 && fetched->len != (size_t) size)
		return fail_as(err, ERROR_IMAGE, EBADMSG,
			       "it has %zu bytes, its descriptor says %" PRId64, fetched->len,
			       size);
	if (!expected)
		return 0;
	if (digest_parse(expected, &digest, err) < 0 || hash_init(&hash, &digest, err) < 0)
		return -err->code;
	hash_update(&hash, fetched->data, fetched->len);
	return hash_verify(&hash, "document", err);
}

/* Once more when it is wrong: a connection that is cut among the headers leaves a good answer without a
 * body. */
static int get_document(struct registry *registry, const struct http_request *request,
			const char *what, const char *digest, int64_t size, struct fetched *ret,
			struct error *err)
{
	for (bool is_again = false;; is_again = true) {
		auto_http_transfer transfer = { 0 };
		auto_fetched fetched = { 0 };
		int r;

		if (request_again_and_again(registry, &transfer, request, what, err) < 0)
			return -err->code;
		r = take(&transfer, &fetched, err);
		if (r == 0)
			r = check(&fetched, digest, size, err);
		if (r == 0) {
			if (digest)
				snprintf(fetched.digest, sizeof(fetched.digest), "%s", digest);
			*ret = fetched;
			fetched = (struct fetched){ 0 };
			return 0;
		}
		fail_in(err, "registry '%s': %s", registry->host, what);
		if (r != -EBADMSG || is_again)
			return r;
		log_warning("%s: fetching it once more", err->text);
	}
}

int registry_get_manifest(struct registry *registry, const char *tag_or_digest, struct fetched *ret,
			  struct error *err)
{
	auto_free char *url = manifest_url(registry, tag_or_digest);
	auto_free char *what = xasprintf("manifest '%s'", tag_or_digest);
	struct http_request request = { 0 };

	registry_prepare(registry, url, &request);
	request.accept = ACCEPT_MANIFESTS;
	return get_document(registry, &request, what,
			    strchr(tag_or_digest, ':') ? tag_or_digest : NULL, -1, ret, err);
}

int registry_get_document(struct registry *registry, const struct oci_descriptor *descriptor,
			  struct fetched *ret, struct error *err)
{
	auto_free char *url = registry_blob_url(registry, descriptor->digest);
	auto_free char *what = xasprintf("blob %s", descriptor->digest);
	struct http_request request = { 0 };
	struct digest digest;

	/* Only a digest that is one becomes a part of the URL. */
	if (digest_parse(descriptor->digest, &digest, err) < 0)
		return -err->code;
	if (descriptor->size > (int64_t) OCI_DOCUMENT_MAX)
		return fail_as(err, ERROR_IMAGE, EFBIG,
			       "%s: a document of %" PRId64 " bytes: at most %zu are read", what,
			       descriptor->size, OCI_DOCUMENT_MAX);
	registry_prepare(registry, url, &request);
	request.body_max = (size_t) descriptor->size;
	return get_document(registry, &request, what, descriptor->digest, descriptor->size, ret,
			    err);
}

void fetched_release(struct fetched *fetched)
{
	free(fetched->data);
	free(fetched->media_type);
	*fetched = (struct fetched){ 0 };
}
