/* network.h - a network namespace that one process makes for another */
#ifndef LINUX_NETWORK_H
#define LINUX_NETWORK_H

/* Makes a network namespace with "lo" up, as linux/loopback.h says, and comes back to our own.  By system
 * calls alone: the other process may run in our memory.  Returns a descriptor of it, close-on-exec, the
 * caller's, or -errno; then we may be in the new one, and are to end. */
int network_make(void);

#endif
