/* http.h - requests over libcurl: connections that are kept, answers that are bounded
 *
 * One struct http is used by one thread at a time.  Requests may be waited for one by one, or run
 * beside each other; a server that speaks HTTP/2 gets them on one connection.  A redirect to
 * another host, port or protocol is followed without the credentials (CVE-2020-15157), and never
 * from https to http; that of a form, which may hold some, is not followed at all.  Proxies are those of the
 * environment (curl(1)). */
#ifndef IMAGE_HTTP_H
#define IMAGE_HTTP_H

#include <curl/curl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/error.h"
#include "base/text.h"
#include "image/certs.h"
#include "libocispec/types.h"

#define HTTP_STALL_SECONDS 30

struct http {
	CURLM *multi;
	const volatile sig_atomic_t *stop; /* non-zero: -EINTR soon; NULL: never */
	atomic_bool is_cancelled;	   /* by another thread: the same */
	unsigned int stall_seconds;	   /* without a byte for so long, a transfer has failed */
	bool is_by_hash;		   /* authorities are looked up one by one, not all read */
	char *no_proxy;			   /* hosts that no proxy is asked for */
	struct oci_strings warnings;	   /* of registries, as they were told to the user */
};

#define auto_http __attribute__((cleanup(http_release))) struct http

/* -ELIBACC (class image): there is no libcurl. */
int http_init(struct http *http, struct error *err);
void http_release(struct http *http);

struct http_request {
	const char *method; /* "GET", "HEAD" or "POST" */
	const char *url;
	const char *accept;	   /* media types; NULL: any */
	const char *authorization; /* the header's value; NULL: none */
	const char *form;	   /* of a POST, urlencoded */
	bool is_insecure;	   /* the certificate is not looked at */
	const struct certs *certs; /* NULL: the system's only; must outlive the transfer */
	int64_t from;		   /* a range of bytes: from here, */
	int64_t to;		   /* to here, inclusive; 0: to the end */
	bool is_unshared;	   /* not beside others on a connection of HTTP/2: they would
				    * share its window, and what the network gives to one */
	size_t body_max;	   /* of what is kept in memory */
	/* Is given the body instead, when the status is 200 or 206; NULL: it is kept in memory.
	 * Returns 0, or a negative errno with *err filled, which ends the transfer. */
	int (*sink)(void *context, const void *data, size_t len, struct error *err);
	void *context;
};

/* A request on its way, or done. */
struct http_transfer {
	struct http_request request; /* its strings are the caller's, until http_begin() returns */
	char *url;		     /* the request's, for the log */
	CURL *easy;		     /* NULL: not begun */
	struct curl_slist *headers;
	struct str body;
	bool is_by_hash; /* see struct http */
	bool is_done;
	CURLcode result;
	long status;	    /* 0: no answer */
	struct error error; /* code is set: the sink failed, or the body was too large */
	char why[CURL_ERROR_SIZE];
};

#define auto_http_transfer __attribute__((cleanup(http_transfer_release))) struct http_transfer

/* Sends transfer->request. */
int http_begin(struct http *http, struct http_transfer *transfer, struct error *err);

/* Lets all transfers go on, waiting at most so long for something to happen.  -EINTR when asked to
 * stop. */
int http_turn(struct http *http, int milliseconds, struct error *err);

/* Both, until this one is done.  Returns 0 whatever became of it: see its members. */
int http_do(struct http *http, struct http_transfer *transfer, struct error *err);

/* Waits, while other transfers go on. */
int http_pause(struct http *http, int64_t milliseconds, struct error *err);

/* The last answer's header, the index'th of that name; NULL: there is none.  Valid until release. */
const char *http_header(const struct http_transfer *transfer, const char *name, size_t index);

/* Whether the host was reached, and has agreed on TLS where that is spoken. */
bool http_is_connected(const struct http_transfer *transfer);

/* Whether redirects have led to another host, port or protocol. */
bool http_is_elsewhere(const struct http_transfer *transfer);

/* Why it has failed, where `result` is not CURLE_OK; valid until release. */
const char *http_reason(const struct http_transfer *transfer);

/* A date in one of HTTP's forms; -1: it is none. */
time_t http_date(const char *text);

/* Ends it, also one that is not done. */
void http_transfer_release(struct http_transfer *transfer);

int64_t http_now_ms(void);

#endif
