/* delegate.c - see delegate.h */
#include "cgroup/delegate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cgroup/controllers.h"

#define LIST "/sys/kernel/cgroup/delegate"
#define LIST_SIZE 4096
#define DEFAULT_LIST "cgroup.procs\ncgroup.subtree_control\ncgroup.threads"

static int give(int dirfd, const char *name, uid_t owner, struct error *err)
{
	int flags = *name ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH;

	if (fchownat(dirfd, name, owner, (gid_t) -1, flags) == 0)
		return 0;
	if (errno == ENOENT) /* of a controller that is not enabled */
		return 0;
	fail_errno(err, "give '%s' of the container's cgroup to user %u", *name ? name : ".",
		   (unsigned int) owner);
	return fail_class(err, ERROR_CGROUP, NULL);
}

int cgroup_delegate(int dirfd, uid_t owner, struct error *err)
{
	char list[LIST_SIZE];
	char *rest = list, *name;
	struct stat st;
	int rc;

	if (fstatat(dirfd, "", &st, AT_EMPTY_PATH) == 0 && st.st_uid == owner)
		return 0;
	if (file_peek(AT_FDCWD, LIST, list, sizeof(list)) < 0)
		strcpy(list, DEFAULT_LIST);
	rc = give(dirfd, "", owner, err);
	while (rc == 0 && (name = strsep(&rest, "\n")) != NULL)
		if (*name && !strchr(name, '/'))
			rc = give(dirfd, name, owner, err);
	return rc;
}

int cgroup_sub_path_check(const char *sub_path, struct error *err)
{
	static const char where[] = "annotations[\"" CGROUP_DELEGATE_ANNOTATION "\"]";

	for (const char *p = sub_path;; p++) {
		size_t n = strcspn(p, "/");

		if (n == 0)
			return fail_at(err, EINVAL, where,
				       "'%s' is not a path below the container's cgroup", sub_path);
		if ((n == 1 && p[0] == '.') || (n == 2 && memcmp(p, "..", 2) == 0))
			return fail_at(err, EINVAL, where, "'%s' has a '%.*s' component", sub_path,
				       (int) n, p);
		p += n;
		if (*p == '\0')
			return 0;
	}
}

/* What a cgroup has it hands on, as far as the kernel lets it. */
static void hand_on_all(int dirfd)
{
	unsigned int offered = 0;
	int refusal;

	if (controllers_read(dirfd, "cgroup.controllers", &offered) == 0)
		controllers_enable(dirfd, offered, &refusal);
}

static int make(const struct cgroup *cgroup, const char *sub_path, bool with_controllers,
		int *ret_fd, struct error *err)
{
	auto_fd dir = fcntl(cgroup->fd, F_DUPFD_CLOEXEC, 0);
	auto_free char *names = xstrdup(sub_path);
	char *rest = names, *name;

	while (dir >= 0 && (name = strsep(&rest, "/")) != NULL) {
		auto_fd next = -1;

		if (with_controllers)
			hand_on_all(dir);
		if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
			break;
		next = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(dir);
		dir = TAKE_FD(next);
		if (dir >= 0 && rest == NULL) {
			*ret_fd = TAKE_FD(dir);
			return 0;
		}
	}
	fail_errno(err, "make the cgroup '%s' below '%s'", sub_path, cgroup->path);
	return fail_class(err, ERROR_CGROUP, NULL);
}

int cgroup_sub_path_make(const struct cgroup *cgroup, const char *sub_path, int *ret_fd,
			 struct error *err)
{
	return make(cgroup, sub_path, true, ret_fd, err);
}

/* No controllers before the move: those that can be enabled above processes (cpu, pids) would make
 * all that is below threaded, and then no process may go there. */
int cgroup_sub_path_enter(const struct cgroup *cgroup, const char *sub_path, pid_t pid, int *ret_fd,
			  struct error *err)
{
	auto_fd bottom = -1;
	char text[16];
	int rc;

	rc = make(cgroup, sub_path, false, &bottom, err);
	if (rc < 0)
		return rc;
	snprintf(text, sizeof(text), "%d", (int) pid);
	rc = file_put(bottom, "cgroup.procs", text);
	if (rc < 0)
		return fail_as(err, ERROR_CGROUP, -rc,
			       "move process %s into the cgroup '%s' below '%s': %s", text,
			       sub_path, cgroup->path, strerror(-rc));
	return make(cgroup, sub_path, true, ret_fd, err);
}
