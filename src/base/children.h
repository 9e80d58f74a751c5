/* children.h - the children of this process, and with them all that they started */
#ifndef BASE_CHILDREN_H
#define BASE_CHILDREN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define CHILDREN_MAX 64

struct children {
	size_t n;
	pid_t pids[CHILDREN_MAX];
};

/* The children of the calling thread, as many as have room.  False where /proc cannot tell: it is
 * not there, no procfs, or another pid namespace's. */
bool children_list(struct children *ret);

/* Kills (SIGKILL) and reaps all children but those in `spared`, and whoever becomes ours by that:
 * where this process is a subreaper, all that they ever started.  Waits at most two seconds. */
void children_kill(const struct children *spared);

#endif
