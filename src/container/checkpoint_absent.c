/* checkpoint_absent.c - what takes the place of checkpoint.c and restore.c where libprotobuf-c is not
 * built in */
#include <errno.h>

#include "container/checkpoint.h"

static int refuse(struct error *err)
{
	return fail_as(err, ERROR_USAGE, ENOTSUP,
		       "checkpoint and restore are not in this build: it lacks libprotobuf-c");
}

int container_checkpoint(const char *root, const char *id, const struct criu_options *options,
			 struct error *err)
{
	(void) root;
	(void) id;
	(void) options;
	return refuse(err);
}

int container_restore(const struct create_options *options, const struct criu_options *criu,
		      int *ret_status, struct error *err)
{
	(void) options;
	(void) criu;
	(void) ret_status;
	return refuse(err);
}
