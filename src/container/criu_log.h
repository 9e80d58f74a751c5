/* criu_log.h - what criu's log says of a failure */
#ifndef CONTAINER_CRIU_LOG_H
#define CONTAINER_CRIU_LOG_H

#include <stddef.h>

/* The first line of the log dirfd/name that tells an error, without its time and its place in criu:
 * later ones are of what follows from it, and of cleaning up.  -ENOENT: there is none. */
int criu_log_reason(int dirfd, const char *name, char *buf, size_t size);

#endif
