/* owner.c - see owner.h */
#include "cgroup/owner.h"

#include <errno.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/file.h"

#define ATTRIBUTE "user.coracle"
/* The descriptor is O_PATH, which the calls for descriptors do not take: so all goes by fd_path(). */

int cgroup_owner_write(const struct cgroup *cgroup, const char *owner)
{
	char path[FD_PATH_MAX];

	if (setxattr(fd_path(cgroup->fd, path), ATTRIBUTE, owner, strlen(owner), 0) < 0)
		return -errno;
	return 0;
}

int cgroup_owner_read(const struct cgroup *cgroup, char ret_owner[CGROUP_OWNER_MAX])
{
	char path[FD_PATH_MAX];
	ssize_t n = getxattr(fd_path(cgroup->fd, path), ATTRIBUTE, ret_owner, CGROUP_OWNER_MAX - 1);

	if (n < 0)
		return -errno;
	ret_owner[n] = '\0';
	return 0;
}
