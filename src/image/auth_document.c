/* auth_document.c - the tables; see auth_document.h */
#include "image/auth_document.h"

#include "libocispec/desc.h"

/* clang-format off */
static OCI_DESC(auth_entry,
	OCI_F(auth_entry, auth,           "auth"),
	OCI_F(auth_entry, identity_token, "identitytoken"),
	OCI_F(auth_entry, username,       "username"),
	OCI_F(auth_entry, password,       "password"));

OCI_DESC(auth_document,
	OCI_M(auth_document, auths,   "auths", auth_entry),
	OCI_F(auth_document, helpers, "credHelpers"),
	OCI_F(auth_document, store,   "credsStore"));

OCI_DESC(helper_answer,
	OCI_F(helper_answer, server,   "ServerURL"),
	OCI_F(helper_answer, username, "Username"),
	OCI_F(helper_answer, secret,   "Secret"));
/* clang-format on */
