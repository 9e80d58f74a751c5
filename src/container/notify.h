/* notify.h - NOTIFY_SOCKET: what the container's program says to the service manager (sd_notify(3))
 *
 * A service manager that started us wants to be told when the service is ready.  The container
 * cannot reach its socket, and could pretend to be another service there.  So it gets a socket of
 * its own, at the path where it is with runc, and we pass on what comes there until it is ready. */
#ifndef CONTAINER_NOTIFY_H
#define CONTAINER_NOTIFY_H

#include <sys/types.h>

#include "base/error.h"
#include "container/state_dir.h"
#include "libocispec/runtime.h"

/* Where NOTIFY_SOCKET is in our environment, and config.json does not set it for the program itself:
 * makes the directory "notify" in the state directory, and adds its mount and the variable to
 * config.  Before init is there.  With a warning it does not where nobody listens there. */
int notify_prepare(struct oci_config *config, const struct state_dir *dir, struct error *err);

/* Adds the mount of that directory to config, for checkpoint and restore to know of it. */
int notify_add_mount(struct oci_config *config, const struct state_dir *dir, struct error *err);

/* Binds the socket of a container for which notify_prepare() made a place; *ret_fd is -1 otherwise, and where
 * nobody listens any more. */
int notify_listen(const struct state_dir *dir, int *ret_fd, struct error *err);

/* Passes on STATUS, ERRNO and the like, and READY=1 with init's pid as MAINPID; returns after the
 * latter, or when init has ended.  There is no other limit: how long a service may take to be
 * ready is the service manager's to say.  socket may be -1.  What fails is warned of: the container
 * works all the same. */
void notify_forward(int socket, pid_t init);

#endif
