/* registries.h - which registry a name means, and where it is to be reached
 *
 * As containers-registries.conf(5), version 2: short names and their aliases, mirrors, locations
 * that replace prefixes, blocked and insecure registries.  Read are $CONTAINERS_REGISTRIES_CONF alone; or
 * ~/.config/containers/registries.conf, or where that is not /etc/containers/registries.conf and the *.conf
 * files of /etc/containers/registries.conf.d; and then those of ~/.config/containers/registries.conf.d, each
 * in order (containers-registries.conf.d(5)).  What is read later replaces what was there under the same
 * prefix or alias. */
#ifndef IMAGE_REGISTRIES_H
#define IMAGE_REGISTRIES_H

#include <stdbool.h>

#include "base/error.h"
#include "image/reference.h"
#include "libocispec/types.h"

enum mirror_use {
	MIRROR_ALL,
	MIRROR_DIGEST_ONLY, /* for references by digest */
	MIRROR_TAG_ONLY,
};

struct mirror {
	char *location; /* "host[:port][/path]" */
	bool is_insecure;
	enum mirror_use use;
};

struct registry_rule {
	char *prefix;	/* "host[:port][/path]" or "*.domain", of any port; NULL: as location */
	char *location; /* what replaces the prefix; NULL: nothing does */
	bool is_insecure;
	bool is_blocked;
	bool is_by_digest_only; /* of all its mirrors */
	OCI_LIST(struct mirror) mirrors;
};

struct registries {
	OCI_LIST(struct registry_rule) rules;
	struct oci_strings search;     /* for short names */
	struct oci_string_map aliases; /* short name: full name; "": none any more */
	bool is_enforcing;	       /* a short name that may mean several is not pulled */
};

#define auto_registries __attribute__((cleanup(registries_release))) struct registries

/* No file at all is no error. */
int registries_load(struct registries *ret, struct error *err);

/* Adds what one file says; for registries_load() and its tests. */
int registries_read(const char *text, size_t len, struct registries *ret, struct error *err);
void registries_release(struct registries *registries);

/* The full names that a name may mean, in the order in which they are to be tried: one when it is
 * no short name or has an alias; else one for each registry to be searched, which is docker.io
 * where the files name none. */
struct reference_list {
	size_t n;
	struct reference *items;
};

#define auto_reference_list __attribute__((cleanup(reference_list_release))) struct reference_list

int registries_complete(const struct registries *registries, const struct reference *reference,
			struct reference_list *ret, struct error *err);
void reference_list_release(struct reference_list *list);

/* Where a full name can be had, in the order in which it is to be tried. */
struct endpoint {
	char *host; /* "quay.io:443" */
	char *repository;
	bool is_insecure;
	bool is_mirror;
	bool is_other_host; /* than the name's: credentials that were given for that are not its */
};

struct endpoint_list {
	size_t n;
	struct endpoint *items;
};

#define auto_endpoint_list __attribute__((cleanup(endpoint_list_release))) struct endpoint_list

/* -EPERM (class image) when its registry is blocked. */
int registries_locate(const struct registries *registries, const struct reference *reference,
		      struct endpoint_list *ret, struct error *err);
void endpoint_list_release(struct endpoint_list *list);

/* The same for a registry itself, "host[:port]": whether it is insecure. */
int registries_look_up(const struct registries *registries, const char *host, bool *ret_is_insecure,
		       struct error *err);

#endif
