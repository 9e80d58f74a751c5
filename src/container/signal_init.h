/* signal_init.h - reach a container's init, and nobody who got its pid later */
#ifndef CONTAINER_SIGNAL_INIT_H
#define CONTAINER_SIGNAL_INIT_H

#include "base/error.h"
#include "container/record.h"
#include "container/state_dir.h"

/* Opens a pidfd of init; -ESRCH (class state) when there is none yet, or it has ended: "container not
 * running". */
int init_pidfd(const struct container_record *record, const struct state_dir *dir, int *ret_pidfd,
	       struct error *err);

/* Sends signal to init. */
int signal_init(const struct container_record *record, const struct state_dir *dir, int signal,
		struct error *err);

#endif
