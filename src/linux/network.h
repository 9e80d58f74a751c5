/* network.h - a network namespace that is made for another process
 *
 * All by system calls alone, for a thread that lives for it (clone_beside()). */
#ifndef LINUX_NETWORK_H
#define LINUX_NETWORK_H

/* Makes a network namespace, and stays in it.  Returns a socket of it, close-on-exec, the caller's, or -errno. */
int network_make(void);

/* A descriptor of the socket's network namespace, close-on-exec, the caller's, or -errno. */
int network_of(int sock);

#endif
