/* bundle.h - the directory with config.json that create is given */
#ifndef CONTAINER_BUNDLE_H
#define CONTAINER_BUNDLE_H

#include <stddef.h>

#include "base/error.h"
#include "libocispec/document.h"
#include "libocispec/runtime.h"
#include "linux/seccomp.h"

struct bundle {
	char *path; /* absolute */
	int fd;	    /* O_PATH of it, of the host's mount namespace */
	char *json; /* config.json as it was read */
	size_t json_len;
	struct oci_config config;
	struct oci_text seccomp; /* linux.seccomp in json; its text is NULL if that is not known */
};

#define BUNDLE_NONE ((struct bundle){ .fd = -1 })
#define auto_bundle __attribute__((cleanup(bundle_release))) struct bundle

void bundle_release(struct bundle *bundle);

/* Opens the bundle `path` (NULL: the current directory) and reads its config.json, or the file
 * config, as bundle_read() does.  Errors name the file, and the place in it. */
int bundle_open(const char *path, const char *config, const char *root, struct bundle *ret,
		struct seccomp_program *ret_filter, struct error *err);

/* Reads a configuration from the file `name` below dirfd into the bundle, for who will load the filter
 * of its linux.seccomp.  Where that is kept below the state root it is taken into *ret_filter, which is
 * left alone otherwise, and linux.seccomp is not parsed: it is NULL. */
int bundle_read(int dirfd, const char *name, const char *root, struct bundle *bundle,
		struct seccomp_program *ret_filter, struct error *err);

/* Reads all of a configuration from the file `name` below dirfd into ret, a zeroed struct. */
int config_read(int dirfd, const char *name, char **ret_json, size_t *ret_len,
		struct oci_config *ret, struct error *err);

#endif
