/* live_mounts.h - mounts add and mounts remove: the mounts of a container that exists
 *
 * Sources are the host's, so a bind is made on the host, as a detached tree.  A child of the runtime
 * then joins the container's namespaces and attaches it there, onto a descriptor that was found
 * below the container's root.  It never enters the pid namespace, not even to make a procfs for it:
 * nobody in there can see it.  The two talk as sync.h draws it, with SYNC_MAP_MOUNT and SYNC_READY. */
#ifndef CONTAINER_LIVE_MOUNTS_H
#define CONTAINER_LIVE_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "container/bundle.h"
#include "container/mounts_file.h"

struct live_mounts {
	bool is_add;
	struct mounts_file file;
	struct bundle bundle; /* its configuration only */
	pid_t init;
	int pidfd;
	uint64_t joins; /* CLONE_NEW* */
	int procfs;	/* the host's */
	int pid_ns;	/* of init, where a procfs is to be added; or -1 */
	int *trees;	/* detached, of binds; in the child, what it has attached; or -1 */
	int sock;	/* the child's end of sync.h, in the child */
};

/* The child; never returns. */
_Noreturn void live_mounts_main(struct live_mounts *change);

#endif
