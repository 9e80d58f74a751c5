/* capture.c - see capture.h */
#include "base/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/process.h"
#include "base/timestamp.h"
#include "base/wait.h"

extern char **environ;

static int start(char *const *argv, int output, struct child *ret, struct error *err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int r;

	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	r = posix_spawnp(&ret->pid, argv[0], &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (r == 0)
		return 0;
	ret->pid = 0;
	return fail(err, r, "execute '%s': %s", argv[0], strerror(r));
}

static int too_late(const char *name, int timeout_ms, struct error *err)
{
	return fail(err, ETIMEDOUT, "'%s' did not end within %d seconds", name, timeout_ms / 1000);
}

/* Until the end of file. */
static int read_all(int fd, const char *name, int timeout_ms, struct str *ret, struct error *err)
{
	int64_t deadline = monotonic_ms() + timeout_ms;

	for (;;) {
		char chunk[4096];
		ssize_t n;

		/* what prints for ever can always be read */
		if (monotonic_ms() >= deadline || wait_until(fd, deadline) == 0)
			return too_late(name, timeout_ms, err);
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(err, "read what '%s' prints", name);
		if (n == 0)
			return 0;
		str_append(ret, chunk, (size_t) n);
	}
}

int capture(char *const *argv, int timeout_ms, struct str *ret, struct error *err)
{
	auto_child child = CHILD_NONE;
	auto_fd from = -1, to = -1;
	int pipe_fds[2], status, r;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return fail_errno(err, "make a pipe");
	from = pipe_fds[0];
	to = pipe_fds[1];
	r = start(argv, to, &child, err);
	cleanup_fd(&to);
	if (r == 0)
		r = read_all(from, argv[0], timeout_ms, ret, err);
	if (r < 0)
		return r;
	child.pidfd = (int) syscall(SYS_pidfd_open, child.pid, 0);
	if (child.pidfd >= 0 && wait_for(child.pidfd, timeout_ms) == 0)
		return too_late(argv[0], timeout_ms, err);
	r = child_wait(&child, &status);
	if (r < 0)
		return fail(err, -r, "wait for '%s': %s", argv[0], strerror(-r));
	if (exit_code(status))
		return fail(err, EIO, "'%s' ended with status %d", argv[0], exit_code(status));
	return 0;
}
