/* late_place.h - with very little memory init enters its cgroup last, when all is set up
 *
 * What a process allocates is charged to the cgroup that it is in then, and stays charged there when
 * it moves on.  So where the limit is smaller than what the set-up takes, init does it in the
 * runtime's cgroup.  What is left there when init executes its program is the kernel's: mounts and
 * namespaces, as many as config.json says.  See docs/cgroup.md, "Very little memory". */
#ifndef CONTAINER_LATE_PLACE_H
#define CONTAINER_LATE_PLACE_H

#include <stdbool.h>

#include "base/error.h"
#include "container/container.h"

/* Host, before clone: whether init is to be born in our cgroup, though it has one of its own. */
bool late_place_is_due(const struct container *container);

/* Host, while init waits: moves it into its cgroup, unless it is there. */
int late_place_enter(struct container *container, struct error *err);

/* Host, while init waits: moves it back into ours.  Where that may not be it stays, and what the rest
 * of the set-up takes is charged to the container. */
void late_place_leave(struct container *container);

#endif
