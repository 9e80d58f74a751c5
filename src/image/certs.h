/* certs.h - a registry's own certificates: certs.d/HOST[:PORT] (containers-certs.d(5))
 *
 * Looked for in ~/.config/containers/certs.d, /etc/containers/certs.d and /etc/docker/certs.d; the
 * first that has a directory for the host counts.  *.crt are authorities that are trusted beside
 * the system's, NAME.cert and NAME.key identify us. */
#ifndef IMAGE_CERTS_H
#define IMAGE_CERTS_H

#include "base/error.h"
#include "base/text.h"

struct certs {
	struct str authorities; /* PEM, one after the other */
	char *cert;		/* paths; NULL: none */
	char *key;
};

/* No directory for the host is no error; a certificate without its key is. */
int certs_find(const char *host, struct certs *ret, struct error *err);

void certs_release(struct certs *certs);

#endif
