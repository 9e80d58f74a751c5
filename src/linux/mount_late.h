/* mount_late.h - mounts that become read-only when all that config.json puts on them is there
 *
 * podman has a read-only /dev for the first container of a pod: other rows are mounted on it, and
 * devices made there.  So each tmpfs, and what a "remount" makes read-only on /dev. */
#ifndef LINUX_MOUNT_LATE_H
#define LINUX_MOUNT_LATE_H

#include <stddef.h>

#include "base/error.h"

struct late_mount {
	int fd;			 /* of the mount, still writable */
	const char *destination; /* for errors */
};

struct mount_late {
	struct late_mount *items; /* owned */
	size_t n;
};

/* Takes *fd over, which becomes -1.  The destination is config.json's, and must stay. */
void mount_late_add(struct mount_late *late, int *fd, const char *destination);

/* A later row takes "ro" from the mount that fd is the root of, and with AT_RECURSIVE in the flags
 * from all below it: it has the last word, and what it reaches stays writable. */
int mount_late_forget(struct mount_late *late, int fd, unsigned int flags, struct error *err);

/* Makes them read-only and lets them go. */
int mount_late_apply(struct mount_late *late, struct error *err);

#endif
