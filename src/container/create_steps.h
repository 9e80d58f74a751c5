/* create_steps.h - what restore does as create and run do, before and after there is an init
 *
 * They stand in create.c. */
#ifndef CONTAINER_CREATE_STEPS_H
#define CONTAINER_CREATE_STEPS_H

#include <stdbool.h>

#include "base/error.h"
#include "container/container.h"
#include "container/record.h"

/* Decides all that can be decided before anything exists. */
int create_plan(struct container *container, bool is_foreground, struct error *err);

/* Makes what is made before init, each with its guard: the state directory, the record ("creating"), the
 * cgroup, the class of service. */
int create_prepare(struct container *container, struct error *err);

/* Copies config.json, by which later commands go, to the state directory, unless it is there. */
int create_keep_config(struct container *container, struct error *err);

/* The same by system calls alone.  Returns 0 or -errno and sets no error. */
int create_put_config(struct container *container);

/* Writes the record.  Before init is there it already says which cgroup will be made: should we be
 * killed, delete finds everything. */
int create_record(const struct container *container, const char *status, struct error *err);

/* The same of a process that there will be. */
int create_draft_record(const struct container *container, const char *status,
			struct record_draft *ret, struct error *err);

/* Runs the poststart hooks. */
int create_poststart(const struct container *container, struct error *err);

/* What a failure, which is in *err, comes to; returns its code.  A hook that failed ends the container as
 * delete would: what was made goes, and the poststop hooks follow (runtime.md, "Lifecycle").  After any
 * other failure it was never there, and the guards see to that. */
int create_end_by_hook(struct container *container, struct error *err);

/* The container is on its own: the guards let go of it. */
void create_let_go(struct container *container);

/* Stays until init ends (supervise.h), then deletes the container unless it is to be kept. */
int create_stay_with(struct container *container, int *ret_status, struct error *err);

#endif
