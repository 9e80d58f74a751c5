/* reference.h - where an image is, as the user writes it
 *
 *	busybox				a short name: where it is, registries.conf says, or docker.io
 *	docker.io/library/busybox:1.36	in a registry, by tag; "docker://" may stand before it
 *	quay.io/a/b@sha256:...		in a registry, by digest
 *	oci:DIR[:TAG]			in an OCI image layout
 *	oci-archive:FILE[:TAG]		in a tar of one
 *	docker-archive:FILE[:NAME]	in what `docker save` wrote
 *
 * A name in a registry is read by the grammar of the distribution specification and of docker's
 * references, and by nothing wider: its parts become parts of URLs and of paths (CVE-2024-3727). */
#ifndef IMAGE_REFERENCE_H
#define IMAGE_REFERENCE_H

#include "base/error.h"
#include "base/text.h"

enum transport {
	TRANSPORT_REGISTRY,
	TRANSPORT_LAYOUT,
	TRANSPORT_OCI_ARCHIVE,
	TRANSPORT_DOCKER_ARCHIVE,
};

#define REFERENCE_NAME_MAX 255 /* of domain and repository together */

struct reference {
	enum transport transport;
	char *path;	  /* the directory or file; NULL: in a registry */
	char *domain;	  /* "quay.io", "localhost:5000"; NULL: a short name, or no registry */
	char *repository; /* "library/busybox" */
	char *tag;	  /* NULL: none was given.  Of a directory or file any text: a layout can
			   * be tagged "docker.io/library/busybox:1.36" */
	char *digest;	  /* "sha256:..."; NULL: none was given */
};

#define auto_reference __attribute__((cleanup(reference_release))) struct reference

/* The first colon behind "oci:", "oci-archive:" and "docker-archive:" ends the path, so a path
 * holds none.  -EINVAL (class usage) for what is of none of these forms. */
int reference_parse(const char *text, struct reference *ret, struct error *err);

/* What credentials are for, "HOST[:PORT][/PATH]": all of a registry, or what it has below a path.  *ret_host
 * is the registry, to be freed.  -EINVAL (class usage). */
int reference_parse_scope(const char *text, char **ret_host, struct error *err);

/* Gives a short name its registry; *ret is another reference. */
void reference_complete(const struct reference *reference, const char *domain,
			struct reference *ret);

/* The full name, under which the store keeps the image: "docker.io/library/busybox:latest", or
 * with "@sha256:..." when there is a digest.  Of a directory or file: as it was written. */
void reference_text(const struct reference *reference, struct str *ret);
void reference_release(struct reference *reference);

#endif
