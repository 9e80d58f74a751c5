/* ownership.c - see ownership.h */
#include "container/ownership.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "cgroup/owner.h"
#include "linux/inroot.h"

/* "CREATED /absolute/root/id" */
static char *name_owner(const struct state_dir *dir, const char *created)
{
	auto_free char *root = dir->root[0] == '/' ? NULL : realpath(dir->root, NULL);

	return xasprintf("%s %s/%s", created, root ? root : dir->root, dir->id);
}

void ownership_write(const struct cgroup *cgroup, const struct state_dir *dir, const char *created)
{
	auto_free char *owner = NULL;
	int r;

	if (cgroup->fd < 0)
		return;
	owner = name_owner(dir, created);
	r = cgroup_owner_write(cgroup, owner);
	if (r < 0)
		log_debug("host: the cgroup's owner is not written on it: %s", strerror(-r));
}

/* The state directory that a name leads to, which may be a container's lie: not through its processes'
 * roots, and nowhere that others than we can write to.  -1: none. */
static int open_claimed(const char *path)
{
	auto_fd root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_fd dir = root < 0 ? -1 : inroot_open(root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	struct stat st;

	if (dir < 0 || fstat(dir, &st) < 0 || st.st_uid != geteuid() || st.st_mode & 022)
		return -1;
	return TAKE_FD(dir);
}

static bool is_same(int dir, int other)
{
	struct stat a, b;

	return fstat(dir, &a) == 0 && fstat(other, &b) == 0 && file_is_same(&a, &b);
}

/* True when the container that `owner` speaks of is there, has this cgroup, and is not this one by another
 * path: through a link, or with a slash more. */
static bool is_anothers(const char *owner, const struct container_record *ours,
			const struct state_dir *own)
{
	const char *path = strchr(owner, ' ');
	auto_record record = { 0 };
	struct error ignored;
	auto_fd dir = -1;

	if (!path || path[1] != '/')
		return false;
	dir = open_claimed(path + 1);
	if (dir < 0 || is_same(dir, own->fd) || record_read(dir, &record, &ignored) < 0)
		return false;
	return strncmp(owner, record.created, (size_t) (path - owner)) == 0 &&
	       str_equal(record.cgroup_mount, ours->cgroup_mount) &&
	       str_equal(record.cgroup_path, ours->cgroup_path);
}

bool ownership_is_ours(const struct container_record *record, const struct state_dir *dir)
{
	auto_cgroup cgroup = CGROUP_NONE;
	auto_free char *own = NULL;
	char owner[CGROUP_OWNER_MAX];
	struct error ignored;

	if (!record->cgroup_path ||
	    cgroup_open(record->cgroup_mount, record->cgroup_path, &cgroup, &ignored) < 0)
		return true;
	/* the name is written before the clone: whatever runs there without one is not ours, if we
	 * died on the way */
	if (cgroup_owner_read(&cgroup, owner) < 0)
		return !str_equal(record->status, "creating") || cgroup_is_empty(&cgroup);
	own = name_owner(dir, record->created);
	return str_equal(owner, own) || !is_anothers(owner, record, dir);
}
