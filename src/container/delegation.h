/* delegation.h - a container that manages cgroups of its own (systemd, another runtime)
 *
 * The rules are those of config-linux.md, "Cgroup ownership": its cgroup becomes process.user's when
 * it has a cgroup namespace of its own and a mount of /sys/fs/cgroup that is not read-only. */
#ifndef CONTAINER_DELEGATION_H
#define CONTAINER_DELEGATION_H

#include "base/error.h"
#include "container/container.h"

/* Pure: is the annotation run.oci.delegate-cgroup one that can be followed? */
int delegation_check(const struct oci_config *config, struct error *err);

/* Host, before clone: makes the cgroup below the container's that the annotation asks for. */
int delegation_prepare(struct container *container, struct error *err);

/* Host, once systemd has placed init in its scope: makes that cgroup, and moves init there. */
int delegation_enter(struct container *container, struct error *err);

/* Whether the cgroup is to be handed over. */
bool delegation_is_due(const struct container *container);

/* Host, when init is ready, and so in its user namespace: hands the cgroup over. */
int delegation_hand_over(const struct container *container, struct error *err);

#endif
