/* create.h - create and run: from a bundle to a container
 *
 * Both run the two tables of docs/architecture.md: init's steps inside, the host's requests
 * outside.  On failure nothing stays: no process, mount, cgroup or state directory. */
#ifndef CONTAINER_CREATE_H
#define CONTAINER_CREATE_H

#include <stdbool.h>

#include "base/error.h"
#include "cgroup/driver.h"

struct create_options {
	const char *root; /* the state root, e.g. /run/coracle */
	const char *id;
	const char *bundle; /* directory; NULL: the current one */
	const char *config; /* file; NULL: config.json in the bundle */
	const char *pid_file;
	const char *console_socket; /* receives the pty's master by SCM_RIGHTS */
	const char *pidfd_socket;   /* receives a pidfd of init by SCM_RIGHTS */
	unsigned int preserve_fds;  /* this many descriptors from 3 on go into the container */
	bool no_pivot;
	bool no_new_keyring;
	enum cgroup_manager cgroup_manager;
	/* run only */
	bool detach;
	bool keep; /* keep the state and the cgroup when it has ended */
	bool no_subreaper;
};

/* Makes the container, leaves its init waiting for start, and ends the calling process with status
 * 0: init waits in its memory.  Returns only on failure. */
int container_create(const struct create_options *options, struct error *err);

/* Makes and starts it; unless detached, stays with it (terminal, signals) until it ends, and
 * deletes it unless kept.  *ret_status: what the program's exit makes of run's own exit. */
int container_run(const struct create_options *options, int *ret_status, struct error *err);

#endif
