/* mount_target.h - the place in the root that a mount goes to, and what may go where */
#ifndef LINUX_MOUNT_TARGET_H
#define LINUX_MOUNT_TARGET_H

#include <stdbool.h>

#include "base/error.h"

struct mount_target {
	const char *path; /* clean, see inroot_clean() */
	bool is_bind;	  /* what goes there: a bind, ... */
	bool is_procfs;	  /* ... a new procfs */
	bool is_exact;	  /* no symbolic link may lead there */
	bool is_nofollow; /* a link at the end is the target itself */
	int fd;		  /* O_PATH, once open; the caller's to close */
	bool is_new;	  /* opening it made it */
};

/* What is wrong with this place as far as the configuration alone tells, or NULL. */
const char *mount_target_refuse(const struct mount_target *target);

/* Opens the target below root_fd, made if missing: a directory or an empty file.  Then looks at
 * where the path really led, for a link in the image can lead it into the procfs that an earlier
 * mount put there.  mount_fd: the bind that is to go there, or -1. */
int mount_target_open(struct mount_target *target, int root_fd, bool is_dir, int mount_fd,
		      struct error *err);

#endif
