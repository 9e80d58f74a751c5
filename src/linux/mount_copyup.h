/* mount_copyup.h - "tmpcopyup": a tmpfs begins with what was in the directory it covers */
#ifndef LINUX_MOUNT_COPYUP_H
#define LINUX_MOUNT_COPYUP_H

#include "base/error.h"

/* Copies all that is in the directory from_fd to the empty directory to_fd: files, directories,
 * links and special files, with owners, modes and times, and the owner of the directory itself.
 * Links are never followed.  Hard links become files of their own; extended attributes are not
 * copied. */
int mount_copyup(int from_fd, int to_fd, struct error *err);

#endif
