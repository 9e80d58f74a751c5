/* host.h - the outside: what the runtime does for init while it sets itself up
 *
 * host.c holds the table of requests: what each needs to have come before, and how it is
 * served. */
#ifndef CONTAINER_HOST_H
#define CONTAINER_HOST_H

#include "base/error.h"
#include "container/container.h"

/* Makes init with the plan's clone; container->init and ->sock are set.  -EBUSY, -EOPNOTSUPP: the
 * cgroup takes no processes, since it has handed controllers on to cgroups below. */
int host_launch(struct container *container, struct error *err);

/* Serves init's requests until it is ready (and waits for SYNC_GO or SYNC_START). */
int host_serve(struct container *container, struct error *err);

/* Tells those who asked for it (--pid-file, --pidfd-socket) which process init is. */
int host_announce(const struct container *container, struct error *err);

/* Says SYNC_START and waits for the program to be executed. */
int host_start(struct container *container, struct error *err);

/* The prestart and createRuntime hooks, which are told that pid is init. */
int host_run_hooks(const struct container *container, pid_t pid, struct error *err);

/* The terminal's master in *fd: sends it to the console socket, or takes it. */
int host_take_console(struct container *container, int *fd, struct error *err);

#endif
