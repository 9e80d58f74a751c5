/* network.h - a network namespace that is made for another process */
#ifndef LINUX_NETWORK_H
#define LINUX_NETWORK_H

/* Makes a network namespace with "lo" up, as linux/loopback.h says, and stays in it: what calls this is a thread
 * that lives for it (clone_beside()).  By system calls alone.  Returns a descriptor of it, close-on-exec, the
 * caller's, or -errno. */
int network_make(void);

#endif
