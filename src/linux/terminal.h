/* terminal.h - the container's pseudo-terminal, and the user's on the other end */
#ifndef LINUX_TERMINAL_H
#define LINUX_TERMINAL_H

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

#include "base/error.h"
#include "libocispec/process.h"

/* Opens a new pty of the container's own devpts, below the root file system rootfs_fd: the
 * master by dev/pts/ptmx resolved in that root, checked to be on devpts, the slave from the
 * master and not by name (CVE-2025-52565: /dev/pts/N may be a link).  size NULL or 0x0: as the
 * kernel makes it. */
int terminal_open(int rootfs_fd, const struct oci_box *size, int *ret_master, int *ret_slave,
		  struct error *err);

/* Gives the slave to the container's user.  A user namespace that does not map the owner, or a
 * devpts mounted read-only, leaves it as it is. */
int terminal_chown(int slave_fd, uid_t uid, struct error *err);

/* Makes slave_fd the controlling terminal of the calling process, in a session of its own, and
 * its standard input, output and error. */
int terminal_apply(int slave_fd, struct error *err);

/* Puts the user's terminal into raw mode; *ret_old is for terminal_restore(). */
int terminal_raw(int fd, struct termios *ret_old, struct error *err);
void terminal_restore(int fd, const struct termios *old);

/* Whether fd is our controlling terminal, and another job in its foreground: reading is refused then, and
 * its settings are not ours to change. */
bool terminal_is_anothers(int fd);

/* Gives `to` the window size of `from`, if that has one: a serial line has not.  Returns 0 or -errno; sets no error. */
int terminal_copy_size(int from, int to);

#endif
