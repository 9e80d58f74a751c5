/* path.c - see path.h */
#include "cgroup/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

/* Large enough for a path of PATH_MAX beside a dozen v1 hierarchies with paths as long. */
#define PROC_CGROUP_MAX (128 * 1024)

static const char where_path[] = "linux.cgroupsPath";

/* One component after the other; a single leading slash is the caller's business. */
static int check_components(const char *path, const char *whole, struct error *err)
{
	for (;;) {
		size_t n = str_until(path, '/');

		if (n == 0)
			return fail_at(err, EINVAL, where_path, "'%s' has an empty component",
				       whole);
		if ((n == 1 && path[0] == '.') || (n == 2 && memcmp(path, "..", 2) == 0))
			return fail_at(err, EINVAL, where_path, "'%s' has a '%.*s' component",
				       whole, (int) n, path);
		if (path[n] == '\0')
			return 0;
		path += n + 1;
	}
}

static int check_given(const char *path, struct error *err)
{
	const char *colon = strchr(path, ':');

	if (colon && strchr(colon + 1, ':') && !strchr(path, '/'))
		return fail_at(err, EINVAL, where_path,
			       "'%s' is in the form slice:prefix:name of the systemd cgroup "
			       "manager, and the manager is cgroupfs",
			       path);
	if (path[0] == '\0')
		return fail_at(err, EINVAL, where_path, "must not be empty");
	if (strcmp(path, "/") == 0)
		return fail_at(err, EINVAL, where_path, "'/' is the root of all cgroups");
	return check_components(path[0] == '/' ? path + 1 : path, path, err);
}

/* As the kernel writes a cgroup above the namespace's root. */
static bool has_dot_dot(const char *path)
{
	for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/'))
		if (strncmp(p, "/..", 3) == 0 && (p[3] == '/' || p[3] == '\0'))
			return true;
	return false;
}

static int check_own(const char *own, struct error *err)
{
	if (own[0] == '/' && !has_dot_dot(own))
		return 0;
	return fail_as(err, ERROR_CGROUP, EINVAL,
		       "this process is in the cgroup '%s', outside of its cgroup namespace: a "
		       "container's cgroup needs an absolute linux.cgroupsPath here",
		       own);
}

int cgroup_path_plan(const char *cgroups_path, const char *id, const char *own, char **ret_path,
		     struct error *err)
{
	int rc;

	if (cgroups_path) {
		rc = check_given(cgroups_path, err);
		if (rc < 0)
			return rc;
		if (cgroups_path[0] == '/') {
			*ret_path = xstrdup(cgroups_path);
			return 0;
		}
	}
	rc = check_own(own, err);
	if (rc < 0)
		return rc;
	*ret_path = xasprintf("%.*s/%s", (int) (strrchr(own, '/') - own), own,
			      cgroups_path ? cgroups_path : id);
	return 0;
}

/* Behind the "0::" of the v2 hierarchy's line; NULL: there is none. */
static char *find_v2(char *text)
{
	for (char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, "0::", 3) == 0)
			return line + 3;
	}
	return NULL;
}

static int read_path(const char *file, char **ret_path, struct error *err)
{
	auto_fd fd = open(file, O_RDONLY | O_CLOEXEC);
	auto_free char *text = NULL;
	char *line;
	int rc;

	if (fd < 0)
		return fail_errno(err, "open '%s'", file);
	rc = file_read_fd(fd, file, PROC_CGROUP_MAX, &text, NULL, err);
	if (rc < 0)
		return rc;
	line = find_v2(text);
	if (!line)
		return fail_as(err, ERROR_CGROUP, ENOENT,
			       "'%s' names no cgroup of the v2 hierarchy", file);
	line[str_until(line, '\n')] = '\0';
	*ret_path = xstrdup(line);
	return 0;
}

int cgroup_path_own(char **ret_own, struct error *err)
{
	return read_path("/proc/self/cgroup", ret_own, err);
}

int cgroup_path_of(pid_t pid, char **ret_path, struct error *err)
{
	char file[64];

	snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	return read_path(file, ret_path, err);
}
