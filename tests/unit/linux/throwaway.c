/* throwaway.c - namespaces that a test may change, since they end with it */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/unit/linux/throwaway.h"
#include "tests/unit/unit.h"

static void put(const char *path, const char *text)
{
	ck_assert_msg(file_put(AT_FDCWD, path, text) == 0, "write %s", path);
}

bool throwaway_enter(const char *test, int flags)
{
	char uids[64], gids[64];
	bool is_user = geteuid() != 0;

	snprintf(uids, sizeof(uids), "0 %u 1", geteuid());
	snprintf(gids, sizeof(gids), "0 %u 1", getegid());
	if (unshare(flags | (is_user ? CLONE_NEWUSER : 0)) < 0) {
		unit_say_skipped(test, "no namespaces of its own: %s", strerror(errno));
		return false;
	}
	if (is_user) {
		put("/proc/self/setgroups", "deny");
		put("/proc/self/uid_map", uids);
		put("/proc/self/gid_map", gids);
	}
	return true;
}

int in_child(int (*run)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(run());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

const char *first_line(const char *path)
{
	static char line[4096];

	ck_assert_int_ge(file_peek(AT_FDCWD, path, line, sizeof(line)), 0);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

const char *status_line(const char *name)
{
	static char line[256];
	size_t len = strlen(name);
	FILE *file = fopen("/proc/self/status", "re");
	const char *found = NULL;

	while (!found && fgets(line, sizeof(line), file))
		if (strncmp(line, name, len) == 0 && line[len] == ':')
			found = line + len + 1 + strspn(line + len + 1, "\t ");
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	ck_assert_msg(found != NULL, "/proc/self/status has no '%s'", name);
	return found;
}
