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

/* Without empty components and ".", which lead nowhere; to be freed. */
static char *shortened(const char *path)
{
	auto_str ret = { 0 };
	bool is_absolute = path[0] == '/';

	while (*path) {
		size_t n = str_until(path, '/');

		if (n > 1 || (n == 1 && path[0] != '.'))
			str_printf(&ret, "%s%.*s", is_absolute || ret.len ? "/" : "", (int) n,
				   path);
		path += n + (path[n] == '/');
	}
	return ret.data ? TAKE_PTR(ret.data) : xstrdup(is_absolute ? "/" : "");
}

static bool has_dot_dot(const char *path)
{
	for (const char *p = strstr(path, ".."); p; p = strstr(p + 1, ".."))
		if ((p == path || p[-1] == '/') && (p[2] == '/' || p[2] == '\0'))
			return true;
	return false;
}

/* path: shortened */
static int check_given(const char *given, const char *path, struct error *err)
{
	if (path[0] == '\0')
		return fail_at(err, EINVAL, where_path, "must not be empty");
	if (strcmp(path, "/") == 0)
		return fail_at(err, EINVAL, where_path, "'%s' is the root of all cgroups", given);
	if (has_dot_dot(path))
		return fail_at(err, EINVAL, where_path, "'%s' has a '..' component", given);
	return 0;
}

/* ".." in it is how the kernel writes a cgroup above the namespace's root. */
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
	auto_free char *path = cgroups_path ? shortened(cgroups_path) : NULL;
	int rc;

	if (path) {
		rc = check_given(cgroups_path, path, err);
		if (rc < 0)
			return rc;
		if (path[0] == '/') {
			*ret_path = TAKE_PTR(path);
			return 0;
		}
	}
	rc = check_own(own, err);
	if (rc < 0)
		return rc;
	*ret_path = xasprintf("%.*s/%s", (int) (strrchr(own, '/') - own), own, path ? path : id);
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
