/* packet.h - one packet a message over a SOCK_SEQPACKET pair, with file descriptors */
#ifndef BASE_PACKET_H
#define BASE_PACKET_H

#include <stddef.h>
#include <sys/types.h>

#define PACKET_FDS_MAX 2

/* A connected pair, close-on-exec.  Returns 0 or -errno. */
int packet_pair(int ret_fds[2]);

/* Sends data (not nothing: len > 0) and n fds (which stay the caller's) as one packet.  Returns 0 or
 * -errno (-EPIPE when the peer has gone; no SIGPIPE).  fd may be a stream socket too.  By a system call alone. */
int packet_send(int fd, const void *data, size_t len, const int *fds, size_t n);

/* Receives one packet into data (at most len bytes; a longer one is -EMSGSIZE).  ret_fds has
 * PACKET_FDS_MAX entries, close-on-exec, -1 where none came; NULL refuses fds.  Returns the
 * packet's length, 0 at the end of file, or -errno: -EAGAIN after fd's SO_RCVTIMEO, where it has
 * one. */
ssize_t packet_recv(int fd, void *data, size_t len, int *ret_fds);

#endif
