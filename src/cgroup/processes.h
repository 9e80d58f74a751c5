/* processes.h - which processes are in a cgroup and in those below it */
#ifndef CGROUP_PROCESSES_H
#define CGROUP_PROCESSES_H

#include <dirent.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* Reads the directory's cgroup.procs into *ret_text, to be freed: lines for processes_next(). */
int processes_read(int dirfd, char **ret_text, struct error *err);

/* The same of cgroup.threads.  A threaded cgroup has no list of processes; one that is whole in it has
 * its first thread there, with the process's number. */
int processes_read_threads(int dirfd, char **ret_text, struct error *err);

/* The next process of the text; 0 at its end.  One that our pid namespace cannot see is listed as
 * 0 and skipped: it can be neither named nor signalled from here. */
pid_t processes_next(char **text);

/* Whether an entry of a cgroup's directory is a cgroup below it.  A container that may make some may call
 * one ".hidden", too. */
bool is_cgroup_entry(const struct dirent *entry);

/* Calls visit(dirfd, arg) for the cgroup and each one below.  Those that go meanwhile are left out
 * (visit says -ENOENT or -ENODEV), and threaded ones, whose processes the cgroup above lists
 * (-EOPNOTSUPP). */
int processes_walk(int dirfd, int (*visit)(int dirfd, void *arg, struct error *err), void *arg,
		   struct error *err);

#endif
