/* mount_late.c - see mount_late.h */
#include "linux/mount_late.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/libc.h"
#include "linux/tree.h"

void mount_late_add(struct mount_late *late, int *fd)
{
	late->fds = reallocarray(late->fds, late->n + 1, sizeof(*late->fds));
	if (!late->fds)
		abort();
	late->fds[late->n++] = TAKE_FD(*fd);
}

/* 0: not to be told, which no mount's is. */
static uint64_t mount_id(int fd)
{
	struct statx stx;

	return statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) == 0 ? stx.stx_mnt_id : 0;
}

void mount_late_forget(struct mount_late *late, int fd)
{
	const uint64_t id = late->n ? mount_id(fd) : 0;
	size_t kept = 0;

	for (size_t i = 0; i < late->n; i++) {
		if (id && mount_id(late->fds[i]) == id)
			cleanup_fd(&late->fds[i]);
		else
			late->fds[kept++] = late->fds[i];
	}
	late->n = kept;
}

int mount_late_apply(struct mount_late *late, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < late->n; i++) {
		if (r == 0)
			r = tree_change(late->fds[i], 0, MOUNT_ATTR_RDONLY, 0, 0);
		cleanup_fd(&late->fds[i]);
	}
	free(late->fds);
	*late = (struct mount_late){ 0 };
	return r < 0 ? fail(err, -r, "make a tmpfs read-only: %s", strerror(-r)) : 0;
}
