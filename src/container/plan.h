/* plan.h - from the namespace list to the system calls that make or join them
 *
 * Pure: all cases are rows of tests/unit/container/plan.c.
 *
 * Most containers need one clone3, and no join but of the network namespace: making one takes longer
 * than the clone with all others, so the host makes it while init begins, unless a new user namespace is
 * to own it.  Four things need a process in between ("stage"), which enters what its child is then born
 * into:
 *	- a pid namespace to join: setns(2) moves only the children;
 *	- a new time namespace with offsets: they are fixed when the first process enters;
 *	- a user namespace to join: the new namespaces must belong to it;
 *	- a new user namespace beside namespaces that the host's user namespace owns: these can be
 *	  joined only from outside, so the user namespace cannot come with the clone. */
#ifndef CONTAINER_PLAN_H
#define CONTAINER_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "libocispec/linux.h"

#define NAMESPACES_MAX 8

struct namespace_join {
	uint64_t flag; /* CLONE_NEW* */
	int fd;
};

struct join_list {
	size_t n;
	struct namespace_join items[NAMESPACES_MAX];
};

/* One row of linux.namespaces, with what the kernel said of its path. */
struct namespace_request {
	uint64_t flag;
	int fd;			  /* -1: a new one */
	bool is_owned_by_current; /* joined: its owner is our own user namespace */
};

struct launch_plan {
	uint64_t clone_flags;	       /* CLONE_NEW* of the (first) clone */
	bool host_makes_network;       /* beside init, which joins it */
	bool has_stage;		       /* a process in between, and these are what it does: */
	struct join_list joins_before; /*   joins from the host's user namespace */
	bool makes_user;	       /*   unshares the user namespace */
	struct join_list joins; /*   joins from the container's (without a stage, init does) */
	bool makes_time;	/*   unshares the time namespace, whose offsets the host writes */
	uint64_t stage_clone_flags; /*   CLONE_NEW* of the second clone */
	uint64_t late_unshare; /* CLONE_NEW* that init unshares itself: cgroup, once it is in its
				* cgroup, and below a user namespace ipc, once it is root there
				* (else its mqueue belongs to nobody) */
	bool has_new_user;     /* ids are to be mapped */
	bool has_joined_user;
	uint64_t own; /* CLONE_NEW* of all namespaces that are not the host's */
};

/* has_time_offsets: linux.timeOffsets names a clock, which needs a new time namespace: -EINVAL without. */
int launch_plan(const struct namespace_request *requests, size_t n, bool has_time_offsets,
		struct launch_plan *ret, struct error *err);

/* What the host was to make comes with the clone. */
void launch_plan_clone_network(struct launch_plan *plan);

/* Opens the paths of linux.namespaces and asks the kernel about them; ret has NAMESPACES_MAX
 * entries, whose fds the caller closes also on failure (all are -1 or open).  *ret_n: how many; a
 * path to a namespace that we are in already is left out, as if it had not been listed.  Refuses an
 * unknown or repeated type, naming it. */
int namespace_requests_open(const struct oci_namespace *namespaces, size_t n,
			    struct namespace_request *ret, size_t *ret_n, struct error *err);

#endif
