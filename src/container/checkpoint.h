/* checkpoint.h - a running container into files, and a container out of them, by criu */
#ifndef CONTAINER_CHECKPOINT_H
#define CONTAINER_CHECKPOINT_H

#include "base/error.h"
#include "container/create.h"
#include "container/criu_options.h"

/* Dumps the container, which is then killed and deleted, unless the options have it left running
 * or ask for a pre-dump of its memory only.  A dump that fails leaves it as it was. */
int container_checkpoint(const char *root, const char *id, const struct criu_options *options,
			 struct error *err);

/* Makes a container of the bundle, whose processes are those of the dump; they go on where they
 * were.  Otherwise like container_run(). */
int container_restore(const struct create_options *options, const struct criu_options *criu,
		      int *ret_status, struct error *err);

#endif
