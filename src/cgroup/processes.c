/* processes.c - see processes.h, and cgroup_processes() of cgroup.h */
#include "cgroup/processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cgroup/cgroup.h"

#define PROCS_MAX (64 * 1024 * 1024)

static int read_list(int dirfd, const char *file, char **ret_text, struct error *err)
{
	auto_fd fd = openat(dirfd, file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail_errno(err, "open '%s'", file);
	return file_read_fd(fd, file, PROCS_MAX, ret_text, NULL, err);
}

int processes_read(int dirfd, char **ret_text, struct error *err)
{
	return read_list(dirfd, "cgroup.procs", ret_text, err);
}

int processes_read_threads(int dirfd, char **ret_text, struct error *err)
{
	return read_list(dirfd, "cgroup.threads", ret_text, err);
}

pid_t processes_next(char **text)
{
	while (**text) {
		pid_t pid = (pid_t) strtol(*text, text, 10);

		*text += strspn(*text, "\n");
		if (pid > 0)
			return pid;
	}
	return 0;
}

bool is_cgroup_entry(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 &&
	       strcmp(entry->d_name, "..") != 0;
}

/* The names of the cgroups right below, one behind the other with their NULs. */
static int read_children(int dirfd, struct str *ret, struct error *err)
{
	auto_fd fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		return errno == ENOENT ? 0 : fail_errno(err, "read the cgroup's directory");
	TAKE_FD(fd);
	while ((entry = readdir(dir)))
		if (is_cgroup_entry(entry))
			str_append(ret, entry->d_name, strlen(entry->d_name) + 1);
	return 0;
}

/* Visits the cgroup and adds the names of those right below. */
static int visit_one(int dirfd, int (*visit)(int dirfd, void *arg, struct error *err), void *arg,
		     struct str *names, struct error *err)
{
	int rc = visit(dirfd, arg, err);

	if (rc == -ENOENT || rc == -ENODEV) /* removed meanwhile */
		return 0;
	return rc < 0 && rc != -EOPNOTSUPP ? rc : read_children(dirfd, names, err);
}

/* Takes the last name off; it stays where it is until another is added. */
static const char *pop(struct str *names)
{
	const char *before = memrchr(names->data, '\0', names->len - 1);

	names->len = before ? (size_t) (before + 1 - names->data) : 0;
	return names->data + names->len;
}

/* With one descriptor, however deep: a container that may make cgroups could nest them beyond what we may
 * have open.  The names that are still to be visited lie one level behind the other; an empty one stands
 * for the way back up. */
int processes_walk(int dirfd, int (*visit)(int dirfd, void *arg, struct error *err), void *arg,
		   struct error *err)
{
	auto_fd fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);
	auto_str names = { 0 };
	int rc = fd < 0 ? fail_errno(err, "open the cgroup once more")
			: visit_one(fd, visit, arg, &names, err);

	while (rc == 0 && names.len > 0) {
		const char *name = pop(&names);
		bool is_up = !*name;
		int next = openat(fd, is_up ? ".." : name, O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (next < 0 && errno == ENOENT && !is_up)
			continue;
		if (next < 0)
			return fail_errno(err, "open the sub-cgroup '%s'", is_up ? ".." : name);
		close(fd);
		fd = next;
		if (is_up)
			continue;
		str_append(&names, "", 1);
		rc = visit_one(fd, visit, arg, &names, err);
	}
	return rc;
}

struct pids {
	pid_t *items;
	size_t n;
};

static int collect(int dirfd, void *arg, struct error *err)
{
	auto_free char *procs = NULL;
	struct pids *pids = arg;
	char *next;
	int rc = processes_read(dirfd, &procs, err);

	if (rc < 0)
		return rc;
	next = procs;
	for (pid_t pid; (pid = processes_next(&next)) > 0;) {
		pids->items = xreallocarray(pids->items, pids->n + 1, sizeof(*pids->items));
		pids->items[pids->n++] = pid;
	}
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const pid_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

int cgroup_processes(const struct cgroup *cgroup, pid_t **ret_pids, size_t *ret_n,
		     struct error *err)
{
	struct pids pids = { 0 };
	int rc = processes_walk(cgroup->fd, collect, &pids, err);

	if (rc < 0) {
		free(pids.items);
		fail_in(err, "cgroup '%s'", cgroup->path);
		return fail_class(err, ERROR_CGROUP, NULL);
	}
	if (pids.n)
		qsort(pids.items, pids.n, sizeof(*pids.items), by_number);
	*ret_pids = pids.items;
	*ret_n = pids.n;
	return 0;
}
