/* delete.c - remove a cgroup and what is below it; see cgroup.h */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "cgroup/cgroup.h"
#include "cgroup/processes.h"
#include "cgroup/systemd.h"

#define END_LIMIT_MS 10000

/* Whether dirfd, which need not be readable, has directories: each is a link to it. */
static bool has_children(int dirfd)
{
	struct stat st;

	return fstat(dirfd, &st) < 0 || st.st_nlink > 2;
}

/* The name of any directory in dirfd; NULL: there is none, or it has gone itself.  Returns 0 or -errno. */
static int find_child(int dirfd, char **ret)
{
	auto_fd fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir *dir = fd < 0 ? NULL : fdopendir(fd);

	*ret = NULL;
	if (!dir) {
		int code = errno;

		return code == ENOENT || !has_children(dirfd) ? 0 : -code;
	}
	fd = -1; /* dir's */
	for (struct dirent *entry; !*ret && (entry = readdir(dir));)
		if (is_cgroup_entry(entry))
			*ret = xstrdup(entry->d_name);
	return 0;
}

/* Removes all below top, deepest first.  With one descriptor, however deep: a container that
 * may make cgroups could nest them beyond what we may have open.  Returns 0 or -errno. */
static int remove_below(int top)
{
	auto_fd fd = openat(top, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_str path = { 0 }; /* of fd below top: "/a/b", and "" is top */

	while (fd >= 0) {
		auto_free char *child = NULL;
		int rc = find_child(fd, &child), next;

		if (rc < 0)
			return rc;
		next = openat(fd, child ? child : "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (next < 0 && child && errno == ENOENT)
			continue;
		close(fd);
		fd = next;
		if (child) {
			str_printf(&path, "/%s", child);
		} else if (path.len == 0) {
			return 0;
		} else if (fd >= 0) {
			char *slash = strrchr(path.data, '/');

			if (unlinkat(fd, slash + 1, AT_REMOVEDIR) < 0 && errno != ENOENT)
				return -errno;
			path.len = (size_t) (slash - path.data);
			*slash = '\0';
		}
	}
	return -errno;
}

/* Until something changes in the cgroup (its last process has gone), at most ms. */
static void wait_for_change(int dirfd, int ms)
{
	auto_fd fd = openat(dirfd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	char events[128];
	struct pollfd p = { .fd = fd, .events = POLLPRI };

	if (fd >= 0 && read(fd, events, sizeof(events) - 1) < 0)
		return;
	poll(&p, 1, ms);
}

/* It has processes, or cgroups below. */
static int delete_busy(const char *dir, const struct cgroup *cgroup, struct error *err)
{
	int64_t deadline = monotonic_ms() + END_LIMIT_MS;

	for (int pause = 1;; pause = pause < 100 ? pause * 2 : 100) {
		int rc = cgroup_kill_all(cgroup, SIGKILL, err);

		if (rc < 0)
			return rc;
		rc = remove_below(cgroup->fd);
		if (rc == 0)
			rc = rmdir(dir) < 0 ? -errno : 0;
		if (rc == 0 || rc == -ENOENT)
			return 0;
		if (rc != -EBUSY || monotonic_ms() >= deadline)
			return fail_as(err, ERROR_CGROUP, -rc, "remove the cgroup '%s': %s", dir,
				       strerror(-rc));
		wait_for_change(cgroup->fd, pause);
	}
}

int cgroup_delete(const char *mount, const char *path, struct error *err)
{
	auto_free char *dir = NULL;
	struct cgroup cgroup;
	int rc;

	if (!mount || !path)
		return 0;
	if (path[0] != '/' || path[1] == '\0')
		return fail_as(err, ERROR_CGROUP, EINVAL, "'%s' is no container's cgroup", path);
	dir = xasprintf("%s%s", mount, path);
	/* ENOTDIR: its name is that of another cgroup's file, so it never was */
	if (rmdir(dir) == 0 || errno == ENOENT || errno == ENOTDIR)
		return 0;
	if (errno != EBUSY) {
		fail_errno(err, "remove the cgroup '%s'", dir);
		return fail_class(err, ERROR_CGROUP, NULL);
	}
	rc = cgroup_open(mount, path, &cgroup, err);
	if (rc == 0)
		rc = delete_busy(dir, &cgroup, err);
	cgroup_release(&cgroup);
	return rc == -ENOENT ? 0 : rc;
}

int cgroup_delete_unit(const char *mount, const char *path, const char *unit, bool is_user,
		       struct error *err)
{
	int rc = cgroup_delete(mount, path, err);

	return rc < 0 || !unit ? rc : systemd_stop(unit, is_user, err);
}
