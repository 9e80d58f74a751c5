/* verdict.c - what a registry's answer means: good, to be tried again, or an error and what to do
 * about it; see registry.h */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "image/registry.h"
#include "libocispec/desc.h"
#include "libocispec/document.h"

#define DELAY_FIRST_MS 500
#define DELAY_MAX_MS 30000
#define RETRY_AFTER_MAX_S 120

/* The distribution specification's error document. */
struct registry_error {
	char *code;
	char *message;
};

struct registry_errors {
	OCI_LIST(struct registry_error) errors;
};

/* clang-format off */
static OCI_DESC(registry_error,
		OCI_F(registry_error, code, "code"),
		OCI_F(registry_error, message, "message"));

static OCI_DESC(registry_errors,
		OCI_L(registry_errors, errors, "errors", registry_error));
/* clang-format on */

/* What the registry says, made fit to be shown: short, one line, no control characters. */
static void append_reason(struct str *s, const struct http_transfer *transfer)
{
	struct registry_errors errors = { 0 };
	struct oci_error why;

	if (!transfer->body.len || oci_parse(&registry_errors_desc, &errors, transfer->body.data,
					     transfer->body.len, &why) < 0)
		return;
	if (errors.errors.n && (errors.errors.items[0].message || errors.errors.items[0].code)) {
		const char *text = errors.errors.items[0].message ? errors.errors.items[0].message
								  : errors.errors.items[0].code;

		str_printf(s, ": ");
		for (size_t i = 0; text[i] && i < 200; i++)
			str_append(s, iscntrl((unsigned char) text[i]) ? " " : &text[i], 1);
	}
	oci_release(&registry_errors_desc, &errors);
}

static bool may_pass(CURLcode result)
{
	switch (result) {
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_PARTIAL_FILE:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_WEIRD_SERVER_REPLY:
		return true;
	default:
		return false;
	}
}

/* What the host's settings have to change for; false: it is nothing of that kind. */
static bool explain_tls(const struct http_transfer *transfer, const char *host, struct error *err)
{
	const char *why = http_reason(transfer);

	if (transfer->result == CURLE_PEER_FAILED_VERIFICATION)
		fail_as(err, ERROR_IMAGE, EPERM,
			"registry '%s': its certificate is not trusted (%s): put the certificate "
			"of its authority into /etc/containers/certs.d/%s/ca.crt, or give "
			"--tls-verify=false",
			host, why, host);
	else if (transfer->result == CURLE_SSL_CACERT_BADFILE)
		fail_as(err, ERROR_IMAGE, ENOENT,
			"registry '%s': the host has no certificates of authorities (%s): install "
			"the package ca-certificates, or put the registry's into "
			"/etc/containers/certs.d/%s/ca.crt",
			host, why, host);
	else if (transfer->result == CURLE_SSL_CONNECT_ERROR &&
		 strstr(transfer->why, "wrong version number"))
		fail_as(err, ERROR_IMAGE, EPROTO,
			"registry '%s': it does not speak TLS: if that is as it should be, "
			"give --tls-verify=false, or insecure = true in registries.conf",
			host);
	else
		return false;
	return true;
}

static enum verdict judge_connection(const struct registry *registry,
				     const struct http_transfer *transfer, const char *what,
				     struct error *err)
{
	const char *host = registry->host;

	if (transfer->error.code) {
		*err = transfer->error;
		fail_in(err, "registry '%s': %s", host, what);
		return VERDICT_BAD;
	}
	if (explain_tls(transfer, host, err))
		return VERDICT_BAD;
	if (transfer->result == CURLE_COULDNT_CONNECT ||
	    transfer->result == CURLE_COULDNT_RESOLVE_HOST)
		fail_as(err, ERROR_IMAGE, EHOSTUNREACH, "registry '%s': cannot be reached: %s",
			host, http_reason(transfer));
	else
		fail_as(err, ERROR_IMAGE, EIO, "registry '%s': %s: %s", host, what,
			http_reason(transfer));
	if (registry->is_mirror && !http_is_connected(transfer))
		return VERDICT_BAD;
	return may_pass(transfer->result) ? VERDICT_LATER : VERDICT_BAD;
}

static enum verdict unauthorized(const struct registry *registry, const char *what,
				 const struct str *reason, struct error *err)
{
	bool has_credentials = registry->credentials.user || registry->credentials.identity_token;

	fail_as(err, ERROR_IMAGE, EACCES,
		has_credentials
			? "registry '%s': %s: the credentials are not accepted%s: log in again with "
			  "`coracle-unpack login %s`"
			: "registry '%s': %s: it wants credentials%s: log in with "
			  "`coracle-unpack login %s`, or give --creds",
		registry->host, what, reason->data, registry->host);
	return VERDICT_AUTHORIZE;
}

/* Seconds, or a date; -1: not given or not understood. */
static int64_t retry_after(const struct http_transfer *transfer)
{
	const char *value =
		transfer->easy && transfer->status ? http_header(transfer, "Retry-After", 0) : NULL;
	uint64_t seconds;
	time_t date;

	if (!value)
		return -1;
	if (parse_u64(value, INT32_MAX, &seconds) == 0)
		return (int64_t) seconds;
	if (*value && strspn(value, "0123456789") == strlen(value))
		return INT32_MAX;
	date = http_date(value);
	if (date < 0)
		return -1;
	date -= time(NULL);
	return date < 0 ? 0 : date;
}

static bool is_too_long(const struct http_transfer *transfer)
{
	return retry_after(transfer) > RETRY_AFTER_MAX_S;
}

int registry_give_up(const struct registry *registry, const struct http_transfer *transfer,
		     struct error *err)
{
	bool has_credentials = registry->credentials.user || registry->credentials.identity_token;
	const struct error before = *err;
	int64_t seconds = retry_after(transfer);
	auto_free char *when =
		seconds > 0 ? xasprintf("in %jd %s",
					(intmax_t) (seconds < 120 ? seconds : (seconds + 59) / 60),
					seconds < 120 ? "s" : "minutes")
			    : xstrdup("later");

	if (transfer->result != CURLE_OK || (transfer->status != 429 && !is_too_long(transfer)))
		return -err->code;
	if (transfer->status == 429 && !has_credentials)
		return fail_as(err, before.class, before.code,
			       "%s: log in with `coracle-unpack login %s`, if who is known may ask for more, "
			       "or try again %s",
			       before.text, registry->host, when);
	return fail_as(err, before.class, before.code, "%s: try again %s", before.text, when);
}

enum verdict registry_judge(const struct registry *registry, const struct http_transfer *transfer,
			    const char *what, struct error *err)
{
	const char *name = registry->repository ? registry->repository : "";
	const char *host = registry->host;
	long status = transfer->status;
	auto_str reason = { 0 };

	if (transfer->result != CURLE_OK)
		return judge_connection(registry, transfer, what, err);
	registry_report_warnings(registry, transfer);
	if (status == 200 || status == 206)
		return VERDICT_GOOD;
	str_append(&reason, "", 0);
	append_reason(&reason, transfer);
	if (status == 401)
		return unauthorized(registry, what, &reason, err);
	if (status == 403)
		fail_as(err, ERROR_IMAGE, EACCES, "registry '%s': access to %s of '%s' is denied%s",
			host, what, name, reason.data);
	else if (status == 404)
		fail_as(err, ERROR_IMAGE, ENOENT, "registry '%s': there is no %s of '%s'%s", host,
			what, name, reason.data);
	else
		fail_as(err, ERROR_IMAGE, EIO, "registry '%s': %s: it answers with status %ld%s%s",
			host, what, status, status == 429 ? " (too many requests)" : "",
			reason.data);
	if (status != 429 && status != 408 && (status < 500 || status == 501))
		return VERDICT_BAD;
	if (!is_too_long(transfer))
		return VERDICT_LATER;
	registry_give_up(registry, transfer, err);
	return VERDICT_BAD;
}

int64_t registry_delay_ms(const struct http_transfer *transfer, unsigned int attempt)
{
	int64_t seconds = retry_after(transfer), delay = DELAY_FIRST_MS;

	if (seconds >= 0)
		return seconds * 1000 + 100;
	while (--attempt && delay < DELAY_MAX_MS)
		delay *= 2;
	if (delay > DELAY_MAX_MS)
		delay = DELAY_MAX_MS;
	/* Not all clients of a busy registry at the same moment. */
	return delay * 3 / 4 + http_now_ms() * 7919 % (delay / 2);
}
