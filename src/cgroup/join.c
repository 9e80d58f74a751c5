/* join.c - a cgroup that exists, for a process that is to be born in it, or to enter it; see cgroup.h */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cgroup/cgroup.h"
#include "cgroup/path.h"

#define TRIES 100

/* A container that has its cgroup writable makes cgroups below as it likes, but no links; and
 * ".." or a mount would lead to limits that are not its own.  EAGAIN: something was renamed or mounted
 * somewhere while ".." was walked. */
static int open_below(int dirfd, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};

	int fd = -1;

	for (int i = 0; i < TRIES && fd < 0; i++) {
		fd = (int) syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
		if (fd < 0 && errno != EAGAIN)
			break;
	}
	return fd;
}

int cgroup_open_below(const struct cgroup *parent, const char *path, struct cgroup *ret,
		      struct error *err)
{
	const char *relative = path + strspn(path, "/");
	int fd = open_below(parent->fd, *relative ? relative : ".");

	if (fd < 0) {
		int code = errno;

		return fail_as(err, ERROR_USAGE, code,
			       "the cgroup '%s' below the container's '%s': %s", path, parent->path,
			       code == EXDEV ? "leads out of it" : strerror(code));
	}
	*ret = (struct cgroup){
		.mount = xstrdup(parent->mount),
		.path = xasprintf("%s/%s", parent->path, relative),
		.fd = fd,
	};
	return 0;
}

int cgroup_open_of(pid_t pid, const char *mount, struct cgroup *ret, struct error *err)
{
	auto_free char *path = NULL;
	int r;

	r = cgroup_path_of(pid, &path, err);
	return r < 0 ? r : cgroup_open(mount, path, ret, err);
}

int cgroup_enter(const struct cgroup *cgroup, pid_t pid, struct error *err)
{
	char text[16];
	int rc;

	snprintf(text, sizeof(text), "%d", (int) pid);
	rc = file_put(cgroup->fd, "cgroup.procs", text);
	if (rc < 0)
		return fail_as(err, ERROR_CGROUP, -rc, "move process %s into the cgroup '%s': %s",
			       text, cgroup->path, strerror(-rc));
	return 0;
}
