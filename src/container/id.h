/* id.h - which names a container may have */
#ifndef CONTAINER_ID_H
#define CONTAINER_ID_H

#include "base/error.h"

/* The id becomes a directory's and a cgroup's name: letters, digits, '_', '+', '-' and '.', at
 * most 255 of them, and neither "." nor ".." (runc and crun take the same alphabet).  What else lies
 * in the state root has another character in its name. */
int container_id_check(const char *id, struct error *err);

#endif
