/* listener.h - who is told what a seccomp filter notifies of */
#ifndef CONTAINER_LISTENER_H
#define CONTAINER_LISTENER_H

#include <sys/types.h>

#include "base/error.h"
#include "libocispec/seccomp.h"
#include "libocispec/state.h"

/* Sends the listener of the process `pid` (which the filter applies to) and the container process
 * state to the socket seccomp->listenerPath, one connection for each (config-linux.md, "Seccomp").
 * listener stays the caller's; -1 is an error.  Gives up where it gets nowhere for ten seconds. */
int listener_send(const struct oci_seccomp *seccomp, const struct oci_state *state, pid_t pid,
		  int listener, struct error *err);

#endif
