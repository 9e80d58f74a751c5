/* exec.h - one process more in a container that runs
 *
 * The same engine as create's: init.c holds the steps, host.c serves them.  The process joins
 * every namespace of the container's init through init's pidfd, is born in the container's
 * cgroup, and gets what the container's configuration says of its process, its seccomp filter
 * included, except where the command line or a process document says otherwise. */
#ifndef CONTAINER_EXEC_H
#define CONTAINER_EXEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "container/create.h"

/* The values of an option that may be repeated. */
struct exec_words {
	size_t n;
	const char *const *items;
};

struct exec_options {
	struct create_options common; /* root, id, pid_file, the two sockets, preserve_fds, detach
				       * and no_subreaper, as for run */
	char *const *args;	      /* NULL-terminated; empty when there is a document */
	const char *process;	      /* a file with the whole process as JSON; the rest then is of
				       * no matter but for what is not about the process */
	const char *cwd;
	const char *user; /* "UID[:GID]" */
	const char *apparmor;
	const char *process_label;
	struct exec_words env; /* added to the container's */
	struct exec_words additional_gids;
	struct exec_words caps;	   /* added to the container's */
	struct exec_words cgroups; /* "[CONTROLLER:]PATH", below the container's cgroup */
	bool no_new_privs;
	bool tty;
	bool ignore_paused; /* wait until the container is resumed */
};

/* Runs it; unless detached, stays with it (terminal, signals) until it ends.  *ret_status: what
 * its exit makes of exec's own exit. */
int container_exec(const struct exec_options *options, int *ret_status, struct error *err);

#endif
