/* place.c - a process that waits is moved into a new scope by systemd; see cgroup.h */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cgroup/cgroup.h"
#include "cgroup/make.h"
#include "cgroup/path.h"

/* Asks the kernel, not systemd: the manager of another pid namespace would have moved another
 * process than ours. */
static int find_path(struct cgroup *cgroup, pid_t pid, struct error *err)
{
	auto_free char *path = NULL;
	int rc = cgroup_path_of(pid, &path, err);

	if (rc < 0)
		return rc;
	if (!str_ends_with(path, cgroup->scope->path))
		return fail_as(err, ERROR_CGROUP, EPROTO,
			       "systemd has started '%s', but process %d is in the cgroup '%s'",
			       cgroup->scope->unit, (int) pid, path);
	free(cgroup->path);
	cgroup->path = TAKE_PTR(path);
	return 0;
}

/* Controllers can be enabled only below a cgroup without processes of its own: so ours goes down first. */
static int enter_subgroup(struct cgroup *cgroup, pid_t pid, struct error *err)
{
	auto_free char *path = xasprintf("%s/%s", cgroup->path, cgroup->scope->subgroup);
	auto_free char *dir = xasprintf("%s%s", cgroup->mount, path);
	auto_fd fd = -1;
	char text[16];
	int rc;

	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return fail_errno(err, "make the cgroup '%s'", dir);
	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(err, "open the cgroup '%s'", dir);
	snprintf(text, sizeof(text), "%d", (int) pid);
	rc = file_put(fd, "cgroup.procs", text);
	if (rc < 0)
		return fail(err, -rc, "move process %s into the cgroup '%s': %s", text, dir,
			    strerror(-rc));
	free(cgroup->path);
	cgroup->path = TAKE_PTR(path);
	return 0;
}

int cgroup_place(struct cgroup *cgroup, pid_t pid, const struct oci_resources *resources,
		 struct error *err)
{
	int rc = scope_start(cgroup->scope, pid, resources, err);

	if (rc < 0)
		return rc;
	rc = find_path(cgroup, pid, err);
	if (rc == 0 && cgroup->scope->subgroup)
		rc = enter_subgroup(cgroup, pid, err);
	if (rc < 0)
		return fail_class(err, ERROR_CGROUP, NULL);
	return cgroup_make(cgroup, resources, err);
}
