/* process.c - see process.h */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/wait.h"

/* /proc/PID/stat: the state is the first field behind the name, the start time the twentieth. */
#define FIELDS_TO_START_TIME 19

#define END_TIMEOUT_MS 10000

/* Without a pidfd nothing tells when, and waitpid(2) waits as long as it takes. */
static bool ends_in_time(struct child *child)
{
	if (child->pidfd < 0)
		child->pidfd = (int) syscall(SYS_pidfd_open, child->pid, 0);
	return child->pidfd < 0 || wait_for(child->pidfd, END_TIMEOUT_MS) != 0;
}

void child_release(struct child *child)
{
	int saved = errno;

	if (child->pid > 0) {
		kill(child->pid, SIGKILL);
		if (ends_in_time(child))
			while (waitpid(child->pid, NULL, __WALL) < 0 && errno == EINTR)
				;
	}
	cleanup_fd(&child->pidfd);
	*child = CHILD_NONE;
	errno = saved;
}

int child_wait(struct child *child, int *ret_status)
{
	while (waitpid(child->pid, ret_status, __WALL) < 0)
		if (errno != EINTR)
			return -errno;
	child->pid = 0;
	return 0;
}

int exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int process_read(pid_t pid, struct process_info *ret)
{
	char path[32], stat[1024], *field;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	n = file_peek(AT_FDCWD, path, stat, sizeof(stat));
	if (n < 0)
		return n == -ENOENT ? -ESRCH : (int) n;
	/* The name may hold spaces and parentheses; nothing behind it does. */
	field = strrchr(stat, ')');
	if (!field || field[1] != ' ')
		return -EIO;
	field += 2;
	ret->state = *field;
	for (int i = 0; i < FIELDS_TO_START_TIME; i++) {
		field = strchr(field, ' ');
		if (!field)
			return -EIO;
		field++;
	}
	ret->start_time = strtoull(field, NULL, 10);
	return 0;
}

bool process_is_alive(pid_t pid, uint64_t start_time)
{
	struct process_info info;

	return pid > 0 && process_read(pid, &info) == 0 && info.start_time == start_time &&
	       info.state != 'Z' && info.state != 'X';
}
