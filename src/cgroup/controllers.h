/* controllers.h - the resource controllers of cgroup v2, by name and as a set of bits */
#ifndef CGROUP_CONTROLLERS_H
#define CGROUP_CONTROLLERS_H

#include <stddef.h>

enum controller {
	CONTROLLER_CPU,
	CONTROLLER_CPUSET,
	CONTROLLER_IO,
	CONTROLLER_MEMORY,
	CONTROLLER_PIDS,
	CONTROLLER_HUGETLB,
	CONTROLLER_RDMA,
	CONTROLLER_MISC,
	CONTROLLER_DMEM,
	CONTROLLER_COUNT,
	CONTROLLER_NONE = CONTROLLER_COUNT, /* a file that every cgroup has: cgroup.* */
};

#define CONTROLLER_BIT(controller) (1U << (controller))

/* Those that are enabled for a container even when no limit asks for them: for statistics, and
 * for the container to limit parts of itself. */
#define CONTROLLERS_USUAL                                                     \
	(CONTROLLER_BIT(CONTROLLER_CPU) | CONTROLLER_BIT(CONTROLLER_CPUSET) | \
	 CONTROLLER_BIT(CONTROLLER_IO) | CONTROLLER_BIT(CONTROLLER_MEMORY) |  \
	 CONTROLLER_BIT(CONTROLLER_PIDS))

/* "cpu", "cpuset", ...; CONTROLLER_NONE has no name. */
const char *controller_name(enum controller controller);

/* The controller that a cgroup's file belongs to: "memory.high" is CONTROLLER_MEMORY's. */
enum controller controller_of_file(const char *file);

/* Reads a list such as cgroup.controllers into *ret_set; unknown names are skipped.  Returns 0
 * or -errno and sets no error. */
int controllers_read(int dirfd, const char *file, unsigned int *ret_set);

/* Enables `set` for the children of the cgroup dirfd.  When the kernel refuses the set it is
 * tried one by one, so that one that cannot be enabled (EINVAL: cpu with realtime processes) does
 * not take the others with it.  But not where the cgroup has processes of its own (EBUSY): cpu,
 * cpuset and pids could be had, and would make it threaded, without memory and io for ever after.
 * Returns those that were enabled; *ret_refusal is the first refusal's errno, or 0. */
unsigned int controllers_enable(int dirfd, unsigned int set, int *ret_refusal);

#endif
