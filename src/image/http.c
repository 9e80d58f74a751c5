/* http.c - see http.h */
#include "image/http.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "image/curl_library.h"
#include "image/lists.h"

#define REDIRECTS_MAX 10L
#define CONNECT_SECONDS 20L
#define BUFFER_SIZE (512L << 10)
#define ERROR_BODY_MAX ((size_t) 64 << 10)
#define BUNDLE_MAX ((size_t) 16 << 20)

/* NULL until a struct http is there. */
static const struct curl_library *curl;

/* OpenSSL finds an authority in such a directory by the hash of its name: "e73d606e.0". */
static bool has_hashed_names(const char *path)
{
	auto_dir *dir = path ? opendir(path) : NULL;
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strspn(entry->d_name, "0123456789abcdef") == 8 &&
		    strcmp(entry->d_name + 8, ".0") == 0)
			return true;
	return false;
}

/* What the environment says; and this host is no other one's.  So programs in Go have it, too. */
static char *list_without_proxy(void)
{
	const char *named = getenv("no_proxy");

	if (!named)
		named = getenv("NO_PROXY");
	if (named && strcmp(named, "*") == 0)
		return xstrdup(named);
	return xasprintf("localhost,127.0.0.0/8,::1,%s", named ? named : "");
}

int http_init(struct http *http, struct error *err)
{
	http->stall_seconds = HTTP_STALL_SECONDS;
	if (curl_library_open(&curl, err) < 0)
		return -err->code;
	if (curl->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		http->multi = curl->multi_init();
	http->is_by_hash = has_hashed_names(curl->version_info(CURLVERSION_NOW)->capath);
	http->no_proxy = list_without_proxy();
	return http->multi ? 0 : fail(err, ENOMEM, "start libcurl");
}

void http_release(struct http *http)
{
	free(http->no_proxy);
	http->no_proxy = NULL;
	strings_release(&http->warnings);
	if (!http->multi)
		return;
	curl->multi_cleanup(http->multi);
	http->multi = NULL;
	curl->global_cleanup();
}

int64_t http_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static size_t keep(struct http_transfer *transfer, const char *data, size_t len, size_t max)
{
	if (len > max - transfer->body.len) {
		fail_as(&transfer->error, ERROR_IMAGE, EFBIG, "the answer has more than %zu bytes",
			max);
		return 0;
	}
	str_append(&transfer->body, data, len);
	return len;
}

static size_t take_body(char *data, size_t size, size_t n, void *context)
{
	struct http_transfer *transfer = context;
	size_t len = size * n;

	curl->easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &transfer->status);
	if (transfer->status != 200 && transfer->status != 206) {
		/* What the server says of an error is of interest only as far as it is short. */
		if (transfer->body.len + len <= ERROR_BODY_MAX)
			str_append(&transfer->body, data, len);
		return len;
	}
	if (!transfer->request.sink)
		return keep(transfer, data, len, transfer->request.body_max);
	if (transfer->request.sink(transfer->request.context, data, len, &transfer->error) < 0)
		return 0;
	return len;
}

/* An option that libcurl does not take is a mistake of ours, or no memory. */
#define SET(easy, option, value) (curl->easy_setopt(easy, option, value) == CURLE_OK)

/* Whom we trust, beside those that are looked up by their hash: the registry's own, and the bundle.  For
 * libcurl the first take the place of the second, so they are put together. */
static bool set_authorities(struct http_transfer *transfer)
{
	const struct certs *certs = transfer->request.certs;
	const char *bundle =
		transfer->is_by_hash ? NULL : curl->version_info(CURLVERSION_NOW)->cainfo;
	auto_free char *pem = NULL;
	auto_str all = { 0 };
	struct curl_blob blob;
	struct error ignored;
	size_t len;

	if (!certs || !certs->authorities.len)
		return SET(transfer->easy, CURLOPT_CAINFO, bundle);
	str_append(&all, certs->authorities.data, certs->authorities.len);
	if (bundle && file_read(AT_FDCWD, bundle, BUNDLE_MAX, &pem, &len, &ignored) == 0)
		str_append(&all, pem, len);
	blob = (struct curl_blob){ all.data, all.len, CURL_BLOB_COPY };
	return SET(transfer->easy, CURLOPT_CAINFO_BLOB, &blob);
}

/* Reading all of the system's authorities costs each connection more than its handshake; where they
 * can be looked up, that is tried first. */
static bool set_tls(struct http_transfer *transfer, const struct http *http)
{
	const struct http_request *request = &transfer->request;
	const struct certs *certs = request->certs;
	CURL *easy = transfer->easy;

	if (request->is_insecure)
		return SET(easy, CURLOPT_SSL_VERIFYPEER, 0L) &&
		       SET(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	transfer->is_by_hash = http->is_by_hash;
	if (!set_authorities(transfer))
		return false;
	if (certs && certs->cert)
		return SET(easy, CURLOPT_SSLCERT, certs->cert) &&
		       SET(easy, CURLOPT_SSLKEY, certs->key);
	return true;
}

static bool set_limits(CURL *easy, const struct http *http, const struct http_request *request)
{
	bool is_https = strncmp(request->url, "https:", 6) == 0 && !request->is_insecure;

	return SET(easy, CURLOPT_PROTOCOLS_STR, "http,https") &&
	       SET(easy, CURLOPT_REDIR_PROTOCOLS_STR, is_https ? "https" : "http,https") &&
	       SET(easy, CURLOPT_FOLLOWLOCATION, request->form ? 0L : 1L) &&
	       SET(easy, CURLOPT_MAXREDIRS, REDIRECTS_MAX) &&
	       SET(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS) &&
	       SET(easy, CURLOPT_LOW_SPEED_LIMIT, 1L) &&
	       SET(easy, CURLOPT_LOW_SPEED_TIME, (long) http->stall_seconds) &&
	       SET(easy, CURLOPT_NOPROXY, http->no_proxy) && SET(easy, CURLOPT_NOSIGNAL, 1L) &&
	       SET(easy, CURLOPT_NETRC, CURL_NETRC_IGNORED) &&
	       SET(easy, CURLOPT_BUFFERSIZE, BUFFER_SIZE);
}

static bool add_header(struct http_transfer *transfer, const char *name, const char *value)
{
	auto_free char *line = xasprintf("%s: %s", name, value);
	struct curl_slist *longer = curl->slist_append(transfer->headers, line);

	if (longer)
		transfer->headers = longer;
	return longer;
}

static bool set_method(struct http_transfer *transfer)
{
	const struct http_request *request = &transfer->request;

	if (strcmp(request->method, "HEAD") == 0)
		return SET(transfer->easy, CURLOPT_NOBODY, 1L);
	if (strcmp(request->method, "POST") == 0)
		return SET(transfer->easy, CURLOPT_COPYPOSTFIELDS, request->form);
	return true;
}

static bool set_request(struct http_transfer *transfer)
{
	const struct http_request *request = &transfer->request;
	char range[64];

	if (request->accept && !add_header(transfer, "Accept", request->accept))
		return false;
	/* libcurl leaves this header out when a redirect leads elsewhere. */
	if (request->authorization && !add_header(transfer, "Authorization", request->authorization))
		return false;
	if (request->from > 0 || request->to > 0) {
		if (request->to > 0)
			snprintf(range, sizeof(range), "%" PRId64 "-%" PRId64, request->from,
				 request->to);
		else
			snprintf(range, sizeof(range), "%" PRId64 "-", request->from);
		if (!SET(transfer->easy, CURLOPT_RANGE, range))
			return false;
	}
	if (request->is_unshared &&
	    !SET(transfer->easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1))
		return false;
	return set_method(transfer) && SET(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers) &&
	       SET(transfer->easy, CURLOPT_USERAGENT, "coracle-unpack/" PACKAGE_VERSION) &&
	       SET(transfer->easy, CURLOPT_URL, request->url);
}

static bool set_callbacks(struct http_transfer *transfer)
{
	return SET(transfer->easy, CURLOPT_WRITEFUNCTION, take_body) &&
	       SET(transfer->easy, CURLOPT_WRITEDATA, transfer) &&
	       SET(transfer->easy, CURLOPT_PRIVATE, transfer) &&
	       SET(transfer->easy, CURLOPT_ERRORBUFFER, transfer->why);
}

int http_begin(struct http *http, struct http_transfer *transfer, struct error *err)
{
	const struct http_request *request = &transfer->request;

	transfer->easy = curl->easy_init();
	if (!transfer->easy || !set_limits(transfer->easy, http, request) ||
	    !set_tls(transfer, http) || !set_request(transfer) || !set_callbacks(transfer) ||
	    curl->multi_add_handle(http->multi, transfer->easy) != CURLM_OK)
		return fail(err, ENOMEM, "prepare the request for '%s'", request->url);
	transfer->url = xstrdup(request->url);
	log_debug("%s %s from %" PRId64 " to %" PRId64, request->method, transfer->url,
		  request->from, request->to);
	return 0;
}

/* An authority that is not found by its name's hash may still be in the system's bundle. */
static bool is_tried_with_bundle(struct http *http, struct http_transfer *transfer, CURLcode result)
{
	if (!transfer->is_by_hash || result != CURLE_PEER_FAILED_VERIFICATION ||
	    !curl->version_info(CURLVERSION_NOW)->cainfo)
		return false;
	http->is_by_hash = false;
	transfer->is_by_hash = false;
	return set_authorities(transfer) &&
	       curl->multi_remove_handle(http->multi, transfer->easy) == CURLM_OK &&
	       curl->multi_add_handle(http->multi, transfer->easy) == CURLM_OK;
}

/* Marks the transfers that are done; returns whether there are any. */
static bool collect(struct http *http)
{
	struct CURLMsg *message;
	bool is_any = false;
	int left;

	while ((message = curl->multi_info_read(http->multi, &left))) {
		struct http_transfer *transfer = NULL;

		curl->easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **) &transfer);
		if (message->msg != CURLMSG_DONE || !transfer)
			continue;
		transfer->result = message->data.result;
		if (is_tried_with_bundle(http, transfer, transfer->result))
			continue;
		is_any = true;
		transfer->is_done = true;
		curl->easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &transfer->status);
		log_debug("%s %s: %ld %s", transfer->request.method, transfer->url,
			  transfer->status, curl->easy_strerror(transfer->result));
	}
	return is_any;
}

int http_turn(struct http *http, int milliseconds, struct error *err)
{
	int running;

	if ((http->stop && *http->stop) || http->is_cancelled)
		return fail(err, EINTR, "interrupted");
	if (curl->multi_perform(http->multi, &running) != CURLM_OK)
		return fail(err, EIO, "let the transfers go on");
	/* A signal that comes while nothing does is seen after this at the latest. */
	if (!collect(http) && milliseconds > 0)
		curl->multi_poll(http->multi, NULL, 0, milliseconds > 200 ? 200 : milliseconds,
				 NULL);
	return 0;
}

int http_do(struct http *http, struct http_transfer *transfer, struct error *err)
{
	if (http_begin(http, transfer, err) < 0)
		return -err->code;
	while (!transfer->is_done)
		if (http_turn(http, 200, err) < 0)
			return -err->code;
	return 0;
}

int http_pause(struct http *http, int64_t milliseconds, struct error *err)
{
	int64_t end = http_now_ms() + milliseconds, now;

	while ((now = http_now_ms()) < end)
		if (http_turn(http, (int) (end - now), err) < 0)
			return -err->code;
	return 0;
}

const char *http_reason(const struct http_transfer *transfer)
{
	return *transfer->why ? transfer->why : curl->easy_strerror(transfer->result);
}

time_t http_date(const char *text)
{
	return curl->getdate(text, NULL);
}

const char *http_header(const struct http_transfer *transfer, const char *name, size_t index)
{
	struct curl_header *header;

	if (curl->easy_header(transfer->easy, name, index, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return NULL;
	return header->value;
}

bool http_is_connected(const struct http_transfer *transfer)
{
	curl_off_t at = 0;

	return curl->easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &at) == CURLE_OK &&
	       at > 0;
}

/* How much of the URL tells protocol, host and port; a port that goes without saying is not counted. */
static size_t origin_length(const char *url)
{
	size_t scheme = strcspn(url, ":") + strlen("://");
	size_t len = scheme + strcspn(url + scheme, "/?#");

	for (size_t i = 0; i < 2; i++) {
		static const char *const usual[][2] = { { "http:", ":80" }, { "https:", ":443" } };
		size_t port = strlen(usual[i][1]);

		if (strncasecmp(url, usual[i][0], strlen(usual[i][0])) == 0 &&
		    len > scheme + port && strncmp(url + len - port, usual[i][1], port) == 0)
			return len - port;
	}
	return len;
}

bool http_is_elsewhere(const struct http_transfer *transfer)
{
	const char *last = NULL;
	size_t len;

	if (curl->easy_getinfo(transfer->easy, CURLINFO_EFFECTIVE_URL, &last) != CURLE_OK || !last)
		return true;
	len = origin_length(transfer->url);
	return origin_length(last) != len || strncasecmp(last, transfer->url, len) != 0;
}

void http_transfer_release(struct http_transfer *transfer)
{
	if (transfer->easy) {
		/* Also takes it out of the multi handle. */
		curl->easy_cleanup(transfer->easy);
		curl->slist_free_all(transfer->headers);
	}
	str_release(&transfer->body);
	free(transfer->url);
	transfer->url = NULL;
	transfer->easy = NULL;
	transfer->headers = NULL;
}
