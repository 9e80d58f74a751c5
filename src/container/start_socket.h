/* start_socket.h - speaking to the init of a created container, which waits at a socket */
#ifndef CONTAINER_START_SOCKET_H
#define CONTAINER_START_SOCKET_H

#include "base/error.h"
#include "container/plan.h"
#include "container/state_dir.h"

/* Connects to the init that waits for start (close-on-exec); sync.h says what it hears.  An error
 * of the class ERROR_STATE when nobody waits there. */
int start_socket_connect(const struct state_dir *dir, int *ret_sock, struct error *err);

/* Asks that init for all its namespaces that are not the caller's: what namespaces_differ() finds,
 * for a user who may not look into init.  The kernel lets nobody but root look into a process that
 * is not dumpable, which init is not before it executes the program (CVE-2016-9962).  *ret begins
 * with the user namespace, without which the others cannot be joined; its fds are the caller's to
 * close, also on failure. */
int start_socket_namespaces(const struct state_dir *dir, struct join_list *ret, struct error *err);

#endif
