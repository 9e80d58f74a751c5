/* children.c - see children.h */
#include "base/children.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define TRIES 2000
#define PAUSE_NS 1000000

/* Where a hook runs inside, /proc may be a directory of the image's. */
static bool is_own_proc(int fd)
{
	struct statfs fs;
	char name[16];
	ssize_t n;

	if (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return false;
	n = readlinkat(fd, "self", name, sizeof(name) - 1);
	if (n <= 0)
		return false;
	name[n] = '\0';
	return atoi(name) == getpid();
}

bool children_list(struct children *ret)
{
	char text[CHILDREN_MAX * 11 + 1], *at = text, *end;
	auto_fd proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ssize_t n;

	ret->n = 0;
	if (proc < 0 || !is_own_proc(proc))
		return false;
	n = file_peek(proc, "thread-self/children", text, sizeof(text));
	while (n > 0 && ret->n < CHILDREN_MAX) {
		pid_t pid = (pid_t) strtol(at, &end, 10);

		/* the last one may have been cut off */
		if (end == at || (*end != ' ' && at != text))
			break;
		ret->pids[ret->n++] = pid;
		at = end;
	}
	return n >= 0;
}

static bool is_in(const struct children *list, pid_t pid)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->pids[i] == pid)
			return true;
	return false;
}

void children_kill(const struct children *spared)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct children now;

	for (int i = 0; i < TRIES && children_list(&now); i++) {
		size_t n = 0;

		for (size_t j = 0; j < now.n; j++) {
			if (is_in(spared, now.pids[j]))
				continue;
			n++;
			kill(now.pids[j], SIGKILL);
			waitpid(now.pids[j], NULL, __WALL | WNOHANG);
		}
		if (!n)
			return;
		nanosleep(&pause, NULL);
	}
}
