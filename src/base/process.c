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
#include "base/raw_syscall.h"
#include "base/wait.h"

/* /proc/PID/stat: the state is the first field behind the name, the kernel's flags of the process the
 * seventh, the number of threads the eighteenth, the start time the twentieth, and where the code begins
 * the twenty-fourth. */
#define FIELDS_TO_FLAGS 6
#define FIELDS_TO_THREADS 17
#define FIELDS_TO_START_TIME 19
#define FIELDS_TO_START_CODE 23

/* of the kernel's include/linux/sched.h */
#define PF_EXITING 0x4
#define PF_FORKNOEXEC 0x40 /* forked, and has not executed */

#define END_LIMIT_MS 10000

/* Without a pidfd nothing tells when, and waitpid(2) waits as long as it takes. */
static bool ends_in_time(struct child *child)
{
	if (child->pidfd < 0)
		child->pidfd = (int) syscall(SYS_pidfd_open, child->pid, 0);
	return child->pidfd < 0 || wait_for(child->pidfd, END_LIMIT_MS) != 0;
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

/* Where /proc is not, or hides it, a process may be there all the same. */
static int fail_absent(pid_t pid)
{
	return raw_syscall(SYS_kill, pid, 0, 0, 0, 0, 0) == -ESRCH ? -ESRCH : -ENOENT;
}

/* The text of a file /proc/PID/stat, from the state on. */
static int read_stat_file(long fd, char *stat, size_t size, const char **ret_state)
{
	char *end;
	long n;

	do
		n = raw_syscall(SYS_read, fd, RAW(stat), RAW(size - 1), 0, 0, 0);
	while (n == -EINTR);
	if (n < 0)
		return (int) n;
	stat[n] = '\0';
	/* The name may hold spaces and parentheses; nothing behind it does. */
	end = strrchr(stat, ')');
	if (!end || end[1] != ' ')
		return -EIO;
	*ret_state = end + 2;
	return 0;
}

/* By system calls alone (process.h says for whom). */
static int read_stat(pid_t pid, char *stat, size_t size, const char **ret_state)
{
	char path[32];
	long fd;
	int r;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = raw_syscall(SYS_openat, AT_FDCWD, RAW(path), O_RDONLY | O_CLOEXEC, 0, 0, 0);
	if (fd < 0)
		return fd == -ENOENT ? fail_absent(pid) : (int) fd;
	r = read_stat_file(fd, stat, size, ret_state);
	raw_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	return r;
}

static int read_field(const char *state, int number, uint64_t *ret)
{
	const char *field = state;

	for (int i = 0; i < number; i++) {
		field = strchr(field, ' ');
		if (!field)
			return -EIO;
		field++;
	}
	*ret = strtoull(field, NULL, 10);
	return 0;
}

int process_read(pid_t pid, struct process_info *ret)
{
	char stat[1024];
	const char *state;
	uint64_t flags = 0, threads = 0;
	int r = read_stat(pid, stat, sizeof(stat), &state);

	if (r == 0)
		r = read_field(state, FIELDS_TO_FLAGS, &flags);
	if (r == 0)
		r = read_field(state, FIELDS_TO_THREADS, &threads);
	if (r == 0)
		r = read_field(state, FIELDS_TO_START_TIME, &ret->start_time);
	if (r < 0)
		return r;
	ret->state = *state;
	ret->is_alive = (*state != 'Z' && *state != 'X') || threads > 1;
	ret->is_ending = flags & PF_EXITING;
	ret->has_executed = !(flags & PF_FORKNOEXEC);
	return 0;
}

int process_read_start_time(int stat_fd, uint64_t *ret)
{
	char stat[1024];
	const char *state;
	int r = read_stat_file(stat_fd, stat, sizeof(stat), &state);

	return r < 0 ? r : read_field(state, FIELDS_TO_START_TIME, ret);
}

int process_find(pid_t pid, uint64_t start_time, struct process_info *ret)
{
	int r = pid > 0 ? process_read(pid, ret) : -ESRCH;

	return r == 0 && (!ret->is_alive || ret->start_time != start_time) ? -ESRCH : r;
}

/* The kernel tells where the code is when it has mapped it; 0 until then, and without memory. */
bool process_is_loaded(pid_t pid)
{
	char stat[1024];
	const char *state;
	uint64_t code;

	return read_stat(pid, stat, sizeof(stat), &state) == 0 &&
	       read_field(state, FIELDS_TO_START_CODE, &code) == 0 && code;
}
