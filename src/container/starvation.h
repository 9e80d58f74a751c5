/* starvation.h - did the memory limit keep a container from being made? */
#ifndef CONTAINER_STARVATION_H
#define CONTAINER_STARVATION_H

#include "base/error.h"
#include "container/container.h"
#include "container/record.h"

/* Host, before an exec: notes what the kernel has killed in the container for want of memory until then. */
void starvation_prepare(struct container *container);

/* Host: *err says why the container could not be made, or exec's process.  When that was its memory
 * limit, by the kernel's killing or refusing, says so in front, with the limit and with what was in use.
 * Returns the error's code. */
int starvation_explain(const struct container *container, struct error *err);

/* Host, after start: an error when init, or exec's process, is dead already, and the kernel killed it for
 * want of memory: most likely before its program began.  With very little memory that is waited for. */
int starvation_check(const struct container *container, struct error *err);

/* Host, when a run with very little memory has ended with that status: a warning when the kernel killed its
 * program for want of it, which before the program's first own step looks like nothing else. */
void starvation_warn(const struct container *container, int status);

/* As starvation_check(), for the command start, which has only the record and a pidfd from before (-1: no check). */
int starvation_check_started(const struct container_record *record, int pidfd, struct error *err);

#endif
