/* mount_late.c - see mount_late.h */
#include "linux/mount_late.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/cleanup.h"
#include "base/libc.h"
#include "base/text.h"
#include "linux/tree.h"

void mount_late_add(struct mount_late *late, int *fd, const char *destination)
{
	late->items = xreallocarray(late->items, late->n + 1, sizeof(*late->items));
	late->items[late->n++] = (struct late_mount){ TAKE_FD(*fd), destination };
}

static int make_read_only(const struct mount_late *late, struct error *err)
{
	for (size_t i = 0; i < late->n; i++) {
		int r = tree_change(late->items[i].fd, 0, MOUNT_ATTR_RDONLY, 0, 0);

		if (r < 0)
			return fail(err, -r, "make the mount at '%s' read-only: %s",
				    late->items[i].destination, strerror(-r));
	}
	return 0;
}

/* Lets go what is writable, and makes the others writable again, until the end. */
static int keep_read_only(struct mount_late *late)
{
	struct statvfs st;
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; i < late->n; i++) {
		if (r == 0)
			r = fstatvfs(late->items[i].fd, &st) < 0 ? -errno : 0;
		if (r == 0 && !(st.f_flag & ST_RDONLY)) {
			cleanup_fd(&late->items[i].fd);
			continue;
		}
		if (r == 0)
			r = tree_change(late->items[i].fd, 0, 0, MOUNT_ATTR_RDONLY, 0);
		late->items[kept++] = late->items[i];
	}
	late->n = kept;
	return r;
}

/* The kernel shows which are below a mount: all are made read-only, as config.json has them, and those that a
 * change of the mount's tree then makes writable are below it. */
int mount_late_forget(struct mount_late *late, int fd, unsigned int flags, struct error *err)
{
	int r;

	if (late->n == 0)
		return 0;
	if (make_read_only(late, err) < 0)
		return -err->code;
	/* Where a flag is locked, nothing is changed, and the row itself says so. */
	r = tree_change(fd, flags, 0, MOUNT_ATTR_RDONLY, 0);
	if (r == 0 || r == -EPERM)
		r = keep_read_only(late);
	return r < 0 ? fail(err, -r, "take 'ro' from the mount: %s", strerror(-r)) : 0;
}

int mount_late_apply(struct mount_late *late, struct error *err)
{
	int r = make_read_only(late, err);

	for (size_t i = 0; i < late->n; i++)
		cleanup_fd(&late->items[i].fd);
	free(late->items);
	*late = (struct mount_late){ 0 };
	return r;
}
