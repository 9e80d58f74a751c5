/* limit_exec.c - the kernel's own price for one more process in a container
 *
 * What `exec` cannot do without, in one small program that is executed for each process as coracle
 * is: it opens init and the cgroup, joins the pid namespace, forks into the cgroup, joins the rest
 * and executes.  No state, no configuration, no rights to drop but one.
 *
 *	limit_exec PID CGROUP PROGRAM [ARGUMENT...]	as a subject of spawn.c
 *	limit_exec -n N PID CGROUP PROGRAM		N times in this process: the system calls alone */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REST (CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

static _Noreturn void child(int pidfd, char **argv)
{
	if (setsid() < 0 || setns(pidfd, REST) < 0 || chdir("/") < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		err(1, "join");
	execv(argv[0], argv);
	err(1, "execute '%s'", argv[0]);
}

static int run(pid_t init, const char *cgroup, char **argv)
{
	int pidfd = (int) syscall(SYS_pidfd_open, init, 0);
	int fd = open(cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct clone_args args = { .flags = CLONE_INTO_CGROUP,
				   .exit_signal = SIGCHLD,
				   .cgroup = (uint64_t) fd };
	int status;
	pid_t pid;

	if (pidfd < 0 || fd < 0 || setns(pidfd, CLONE_NEWPID) < 0)
		err(1, "open process %d and '%s'", init, cgroup);
	pid = (pid_t) syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		child(pidfd, argv);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		err(1, "clone");
	close(pidfd);
	close(fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec * 1e3 + (double) now.tv_nsec / 1e6;
}

static void run_many(int n, pid_t init, const char *cgroup, char **argv)
{
	double begin = now_ms();

	for (int i = 0; i < n; i++)
		if (run(init, cgroup, argv))
			errx(1, "'%s' failed", argv[0]);
	printf("%.3f ms/process\n", (now_ms() - begin) / n);
}

int main(int argc, char **argv)
{
	int n = 0;

	if (argc > 2 && strcmp(argv[1], "-n") == 0) {
		n = atoi(argv[2]);
		argc -= 2;
		argv += 2;
	}
	if (argc < 4)
		errx(2, "usage: limit_exec [-n N] PID CGROUP PROGRAM [ARGUMENT...]");
	if (!n)
		return run(atoi(argv[1]), argv[2], argv + 3);
	run_many(n, atoi(argv[1]), argv[2], argv + 3);
	return 0;
}
