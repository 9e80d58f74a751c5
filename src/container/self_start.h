/* self_start.h - a `run` whose init does not wait for the word to start
 *
 * Between "ready" and "start" run has little to do but to write down init's pid.  Where that is all, the
 * thread beside init (beside.h) does it, in the memory that they share, and init, when it is ready, finds it
 * done and goes on: two changes from one process to the other less.
 *
 * The record says "starting" then, and goes on saying so; what that means the kernel tells: a container that
 * is being made until init has executed its program, and one that runs from then on (record_status()). */
#ifndef CONTAINER_SELF_START_H
#define CONTAINER_SELF_START_H

#include <stdbool.h>

#include "base/error.h"
#include "container/container.h"

/* Host, before clone: prepares it for a container of run's where nothing else is to be done before its
 * program runs. */
int self_start_prepare(struct container *container, struct error *err);

/* Beside init, when all else is done that may be: copies the configuration, writes the record, and lets init
 * begin by itself.  By system calls alone, without heap or errno.  Whatever fails here, init asks for it again by
 * saying that it is ready. */
void self_start_allow(struct container *container);

/* Init, when it is ready: true if it may go on.  It lives on without the runtime from here on. */
bool self_start_begin(const struct container *container);

void self_start_release(struct container *container);

/* Host, after init's end of the socket was closed: because it executed its program, or tried to? */
bool self_start_has_begun(const struct container *container);

#endif
