/* socket.h - unix sockets by path */
#ifndef BASE_SOCKET_H
#define BASE_SOCKET_H

#include <sys/socket.h>
#include <sys/un.h>

#include "base/error.h"

/* Makes the address of the socket `path`, of any length: where it is too long for an address, it
 * is reached by the descriptor of its directory, which *ret_dir (-1 before) keeps open.  The caller
 * closes it.  '@name' is an abstract one, as other programs write it. */
int socket_address(const char *path, struct sockaddr_un *ret, socklen_t *ret_len, int *ret_dir,
		   struct error *err);

/* As connect(2), and once more when interrupted: with SO_SNDTIMEO the kernel does not go on by itself
 * after a stop.  0, or -1 with errno. */
int socket_reach(int sock, const struct sockaddr_un *address, socklen_t len);

/* Connects to the stream socket `path`.  This, and each send over it, waits at most ten seconds.  *ret_fd is
 * close-on-exec, and the caller's to close. */
int socket_connect(const char *path, int *ret_fd, struct error *err);

/* Sends a descriptor over the stream socket `path`, with the same limits: one SCM_RIGHTS message, whose
 * bytes are `text`, which is not empty.  fd stays the caller's. */
int socket_send_fd(const char *path, const char *text, int fd, struct error *err);

/* Connects to the datagram socket `path`, with the same limit. */
int socket_connect_datagram(const char *path, int *ret_fd, struct error *err);

#endif
