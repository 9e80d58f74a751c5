/* auth_document.h - the members of auth.json and docker's config.json that we know */
#ifndef IMAGE_AUTH_DOCUMENT_H
#define IMAGE_AUTH_DOCUMENT_H

#include "libocispec/types.h"

struct auth_entry {
	char *auth; /* base64 of "user:password" */
	char *identity_token;
	char *username; /* some tools write these instead of auth */
	char *password;
};

struct auth_document {
	OCI_MAP(struct auth_entry) auths;
	struct oci_string_map helpers; /* registry: docker-credential-NAME */
	char *store;		       /* the helper for all others */
};

extern const struct oci_desc auth_document_desc;

/* What a credential helper prints and reads. */
struct helper_answer {
	char *server;
	char *username;
	char *secret;
};

extern const struct oci_desc helper_answer_desc;

#endif
