/* process.h - processes by pid and start time, and children that do not outlive their variable */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* A child that is killed (SIGKILL) and reaped when the variable leaves its scope with pid > 0.  One
 * that the kernel keeps from ending (a file system that does not answer) is left to it after ten
 * seconds: it runs no instruction of its program any more. */
struct child {
	pid_t pid; /* 0: none */
	int pidfd; /* -1: none; closed with the child */
};

#define CHILD_NONE ((struct child){ .pid = 0, .pidfd = -1 })
#define auto_child __attribute__((cleanup(child_release))) struct child

void child_release(struct child *child);

/* Waits for the child; *ret_status is waitpid(2)'s.  Returns 0 or -errno. */
int child_wait(struct child *child, int *ret_status);

/* The shell's number for an ended process: its exit status, or 128 + the signal that ended it. */
int exit_code(int status);

/* What the kernel says of one process: two reads of the same number mean the same process only
 * if start_time is equal too, for pids are used again. */
struct process_info {
	char state;	     /* R S D T Z X ... as in /proc/PID/stat */
	uint64_t start_time; /* clock ticks since boot */
	bool is_alive;	     /* no zombie, or one by its first thread only: others go on */
	bool is_ending;	   /* its namespaces may be gone already; its own children are waited for */
	bool has_executed; /* since its fork: it runs another program than its parent did then */
};

/* Reads /proc/PID/stat; -ESRCH when there is no such process, another error when that cannot be told.
 * Touches neither heap nor errno, for a host whose memory init has, too (linux/clone.h). */
int process_read(pid_t pid, struct process_info *ret);

/* The start time, from an open /proc/PID/stat: what hides from us may have given us that. */
int process_read_start_time(int stat_fd, uint64_t *ret);

/* As process_read(); -ESRCH also when it is not alive, or another than start_time says. */
int process_find(pid_t pid, uint64_t start_time, struct process_info *ret);

/* For a process whose execve(2) has closed its descriptors already: whether the kernel has also made
 * the program's memory, so that its first instruction is next.  False too for one that has ended.
 * Where we may not look into it the answer is true. */
bool process_is_loaded(pid_t pid);

#endif
