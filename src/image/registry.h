/* registry.h - one repository in one registry, by the OCI distribution specification
 *
 * It is asked without credentials first; what it then demands (RFC 6750 bearer tokens of a token
 * server, or RFC 7617 basic authentication) is kept for the requests that follow.  What fails for
 * a passing reason (429, 5xx, a cut or stalled connection) is tried again, later each time, or when
 * the registry's Retry-After says. */
#ifndef IMAGE_REGISTRY_H
#define IMAGE_REGISTRY_H

#include <stdbool.h>

#include "base/error.h"
#include "image/auth_file.h"
#include "image/certs.h"
#include "image/challenge.h"
#include "image/digest.h"
#include "image/http.h"
#include "image/registries.h"
#include "libocispec/descriptor.h"

struct registry_options {
	bool is_insecure; /* certificates are not looked at, and http will do */
	const char *
		creds; /* "USER:PASSWORD" for the name's host; NULL: from the files of auth_file.h */
	const char *auth_file; /* NULL: the usual ones */
	unsigned int retries;
};

struct registry {
	struct http *http; /* the caller's; must outlive the registry */
	const struct registry_options *options;
	char *host;	  /* "quay.io"; for messages, certificates, credentials */
	char *repository; /* NULL: none, for a login */
	char *base;	  /* "https://quay.io" */
	bool is_insecure;
	bool is_mirror; /* there is another place, so one that cannot be reached is not waited for */
	struct certs certs;
	struct credentials credentials;
	char *authorization;	     /* NULL: not asked for yet */
	unsigned int authorizations; /* so many there were */
};

#define auto_registry __attribute__((cleanup(registry_release))) struct registry

/* Asks the registry whether it is one (GET /v2/), and gets what it demands. */
int registry_open(struct http *http, const struct endpoint *endpoint,
		  const struct registry_options *options, struct registry *ret, struct error *err);
void registry_release(struct registry *registry);

/* A document as it came: its digest is the one of its bytes, which is the one that was asked for
 * if it was asked for by digest. */
struct fetched {
	char *data;
	size_t len;
	char *media_type; /* "" when the registry does not say */
	char digest[DIGEST_TEXT_MAX];
};

#define auto_fetched __attribute__((cleanup(fetched_release))) struct fetched

/* The digest that the tag has; "" when the registry does not say. */
int registry_head(struct registry *registry, const char *tag, char ret[DIGEST_TEXT_MAX],
		  struct error *err);

/* A manifest or index, at most OCI_DOCUMENT_MAX bytes. */
int registry_get_manifest(struct registry *registry, const char *tag_or_digest, struct fetched *ret,
			  struct error *err);

/* A small blob: its size is the descriptor's, at most OCI_DOCUMENT_MAX bytes. */
int registry_get_document(struct registry *registry, const struct oci_descriptor *descriptor,
			  struct fetched *ret, struct error *err);
void fetched_release(struct fetched *fetched);

/* For whoever sends requests of his own: */

/* "https://quay.io/v2/a/b/blobs/sha256:...", to be freed. */
char *registry_blob_url(const struct registry *registry, const char *digest);

/* Fills in what goes with every request to the registry. */
void registry_prepare(const struct registry *registry, const char *url,
		      struct http_request *request);

/* Gets what the answer 401 asks for.  Returns 1 when a request can be tried again with it, 0 when
 * nothing new was found.  -EACCES (class image) when it is another host's, to which the registry has led
 * us: such a one may name any token server. */
int registry_authorize(struct registry *registry, const struct http_transfer *answer,
		       struct error *err);

/* What to do about a transfer that is done. */
enum verdict {
	VERDICT_GOOD,	   /* 2xx */
	VERDICT_AUTHORIZE, /* 401 */
	VERDICT_LATER,	   /* may pass, and within two minutes if the registry says when */
	VERDICT_BAD,	   /* *err says why */
};

/* Also fills *err for VERDICT_LATER.  `what` is "manifest 'latest'", "blob sha256:...". */
enum verdict registry_judge(const struct registry *registry, const struct http_transfer *transfer,
			    const char *what, struct error *err);

/* Logs what the registry warns of beside its answer, each text once. */
void registry_report_warnings(const struct registry *registry,
			      const struct http_transfer *transfer);

/* Of a transfer that has failed as *err says, and is not tried again: adds what whoever asked too often can
 * do.  Returns -err->code. */
int registry_give_up(const struct registry *registry, const struct http_transfer *transfer,
		     struct error *err);

/* How long to wait before attempt number `attempt` (1 is the first that follows a failure). */
int64_t registry_delay_ms(const struct http_transfer *transfer, unsigned int attempt);

#endif
