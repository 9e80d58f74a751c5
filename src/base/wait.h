/* wait.h - waiting for a descriptor, or a lock on its file, never without a limit */
#ifndef BASE_WAIT_H
#define BASE_WAIT_H

#include <stdint.h>

/* Waits until fd can be read, or tells an end (of file; a pidfd: of its process), but at most until
 * monotonic_ms() is `deadline`.  Signals do not end it.  Returns 1, 0 at the deadline, or -errno. */
int wait_until(int fd, int64_t deadline);

/* The same, at most for so many milliseconds. */
int wait_for(int fd, int64_t limit_ms);

/* Takes flock(2)'s exclusive lock, and waits for whoever has it at most for so many milliseconds: that call
 * alone would wait for ever.  Returns 0, -EWOULDBLOCK at the limit, or -errno. */
int wait_for_lock(int fd, int64_t limit_ms);

#endif
