/* auth_file.h - where user names and passwords for registries are kept: auth.json, config.json
 *
 * As containers-auth.json(5) says: $REGISTRY_AUTH_FILE alone, or else the first of these that has
 * an entry: $XDG_RUNTIME_DIR/containers/auth.json (of root: /run/containers/0/auth.json),
 * ~/.config/containers/auth.json, ~/.docker/config.json.  Keys are registries or parts of their
 * names ("quay.io/team"), the longest counts.  credHelpers and credsStore name programs that are
 * asked: docker-credential-NAME. */
#ifndef IMAGE_AUTH_FILE_H
#define IMAGE_AUTH_FILE_H

#include <stdbool.h>

#include "base/error.h"

struct credentials {
	char *user; /* NULL: none are known */
	char *password;
	char *identity_token; /* instead of a password, for a token server */
};

#define auto_credentials __attribute__((cleanup(credentials_release))) struct credentials

/* Looks in `path`, which has to be there, or where it is NULL in the places above, for domain and
 * repository (which may be NULL).  None is no error; a file that cannot be read or parsed is, and so is a
 * helper that fails. */
int credentials_find(const char *path, const char *domain, const char *repository,
		     struct credentials *ret, struct error *err);

/* Takes "USER:PASSWORD"; -EINVAL (class usage) when it is not that. */
int credentials_parse(const char *text, struct credentials *ret, struct error *err);

/* Puts an entry into the file, or takes it out (credentials NULL; *ret_was_there tells whether it
 * was in), at `path` or where it is NULL in $REGISTRY_AUTH_FILE or the first place above, which is
 * made.  *ret_path is the file, to be freed. */
int credentials_store(const char *path, const char *key, const struct credentials *credentials,
		      bool *ret_was_there, char **ret_path, struct error *err);

/* base64 of "user:password", to be freed. */
char *credentials_encode(const struct credentials *credentials);

void credentials_release(struct credentials *credentials);

#endif
