/* network.h - a network namespace that one process makes for another */
#ifndef LINUX_NETWORK_H
#define LINUX_NETWORK_H

/* Our own network namespace, if we may come back to it: root of a user namespace may not where the
 * network is the host's.  Returns a descriptor, close-on-exec, the caller's, or -errno. */
int network_open_own(void);

/* Makes a network namespace with "lo" up, as linux/loopback.h says, and comes back to our own.  By
 * system calls alone: the other process may run in our memory.  Returns a descriptor of it,
 * close-on-exec, the caller's, or -errno; should the way back fail, we are in the new one. */
int network_make(int own);

#endif
