/* bundle.h - the directory with config.json that create is given */
#ifndef CONTAINER_BUNDLE_H
#define CONTAINER_BUNDLE_H

#include <stddef.h>

#include "base/error.h"
#include "libocispec/runtime.h"

struct bundle {
	char *path;		/* absolute */
	int fd;			/* O_PATH of it, of the host's mount namespace */
	char *json;		/* config.json as it was read */
	size_t json_len;
	struct oci_config config;
};

#define BUNDLE_NONE ((struct bundle) { .fd = -1 })
#define auto_bundle __attribute__((cleanup(bundle_release))) struct bundle

void bundle_release(struct bundle *bundle);

/* Opens the bundle `path` (NULL: the current directory) and reads its config.json, or the file
 * config.  Errors name the file, and the place in it. */
int bundle_open(const char *path, const char *config, struct bundle *ret, struct error *err);

/* Reads a configuration from the file `name` below dirfd into ret, a zeroed struct. */
int config_read(int dirfd, const char *name, char **ret_json, size_t *ret_len,
		struct oci_config *ret, struct error *err);

#endif
