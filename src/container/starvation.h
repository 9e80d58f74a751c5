/* starvation.h - did the memory limit keep a container from being made? */
#ifndef CONTAINER_STARVATION_H
#define CONTAINER_STARVATION_H

#include "base/error.h"
#include "container/container.h"

/* Host: *err says why the container could not be made.  When that was its memory limit, by the
 * kernel's killing or refusing, says so in front, with the limit and with what was in use.  Returns the
 * error's code. */
int starvation_explain(const struct container *container, struct error *err);

/* Host, after start: an error when init is dead already, and the kernel killed it for want of memory:
 * most likely before its program began. */
int starvation_check(const struct container *container, struct error *err);

#endif
