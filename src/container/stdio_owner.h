/* stdio_owner.h - whose the program's standard descriptors are
 *
 * Programs open /dev/stdout anew, as their own user.  Init gives them to it, but root of a user
 * namespace can give away only what belongs to somebody there; what came from outside the host
 * gives, beforehand.  Just pipes and sockets: others may open a file, or a terminal, too. */
#ifndef CONTAINER_STDIO_OWNER_H
#define CONTAINER_STDIO_OWNER_H

#include <sys/types.h>

#include "container/container.h"

/* Host: gives our standard descriptors, which the program inherits, to process.user; pid is in its
 * user namespace.  What cannot be given stays as it is. */
void stdio_give(const struct container *container, pid_t pid);

#endif
