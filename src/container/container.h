/* container.h - one container while it is being made: what both tables work on
 *
 * The host fills it before the clone; init inherits it with its memory.  After that the two sides talk
 * through sync.h, and share nothing in it but self_start and the signals in beside.  What the thread
 * beside init may read and write of it, beside.h says. */
#ifndef CONTAINER_CONTAINER_H
#define CONTAINER_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/process.h"
#include "base/timestamp.h"
#include "cgroup/cgroup.h"
#include "container/beside.h"
#include "container/bundle.h"
#include "container/create.h"
#include "container/hooks.h"
#include "container/plan.h"
#include "container/state_dir.h"
#include "libocispec/state.h"
#include "linux/capabilities.h"
#include "linux/intel_rdt.h"
#include "linux/seccomp.h"

struct container {
	const struct create_options *options;
	struct bundle bundle;
	char *rootfs;		 /* root.path, absolute */
	unsigned int listen_fds; /* descriptors from 3 on that a service manager gave us
				  * to hand on (sd_listen_fds(3)); --preserve-fds's follow */

	/* what was decided before anything existed */
	struct namespace_request requests[NAMESPACES_MAX];
	struct launch_plan plan;
	struct capability_sets capabilities;
	struct seccomp_program filter;
	struct device_filter device_filter; /* of a cgroup that we made; loaded beside init */
	int device_filter_code;		    /* ... how that went: 0 or a negative errno */
	uint64_t rootfs_propagation;	    /* MS_* */
	char created[TIMESTAMP_SIZE];
	bool is_exec;	       /* another process in a container that exists (exec.h) */
	pid_t target_pid;      /* exec: of the container's init */
	bool is_users;	       /* made by a user who is not root */
	bool denies_setgroups; /* so does the user namespace that is joined, or ours, if it is kept */

	/* what exists */
	struct beside beside; /* the thread */
	bool has_config;      /* the state directory has its copy of config.json */
	struct state_dir dir;
	struct cgroup cgroup;
	uint64_t oom_kills;  /* exec: starvation_prepare() */
	bool is_placed_late; /* init enters the cgroup when it is ready (late_place.h) */
	bool is_outside;     /* ... and has not yet */
	int sub_cgroup;	     /* where init is below it (run.oci.delegate-cgroup); -1: not below */
	struct intel_rdt rdt;
	struct child init;
	uint64_t init_start_time;      /* as init gave it to a user; 0: it did not */
	int sock;		       /* the host's end of sync.h; -1 */
	unsigned int silence_limit;    /* seconds that init may say nothing; 0: for ever */
	int init_sock;		       /* init's end; the host closes its copy at the clone */
	int start_sock;		       /* where init will wait for start; -1: run */
	int hooks_out, hooks_err;      /* where hooks write (hooks.h); -1 */
	int console;		       /* the pty's master, kept by a foreground run; -1 */
	struct self_start *self_start; /* of an init that starts by itself (self_start.h); NULL */
};

#define auto_container __attribute__((cleanup(container_release))) struct container

/* Nothing decided, nothing made. */
void container_init(struct container *container, const struct create_options *options);

/* Ends and removes what exists and was not taken over: init, the cgroup, the state directory. */
void container_undo(struct container *container);

/* Frees it; what exists and was not taken over goes: init, the cgroup, the state directory. */
void container_release(struct container *container);

/* Reads the bundle and decides everything that can be decided before anything exists: checks,
 * namespace plan, capabilities.  Makes nothing but what container_release() frees. */
int container_plan(struct container *container, struct error *err);

/* Whether init can begin in our memory (linux/clone.h).  Not where it needs one of its own: to be born of a
 * process in between, to enter a user or time namespace, to start a thread, or to be moved by systemd.
 * Nor where what the kernel does to it would be done to us too: to be killed for want of memory, or get its
 * OOM score. */
bool container_shares_memory(const struct container *container);

/* Whether linux.resources.memory.limit is so small that the set-up could reach it: below 2 MiB. */
bool container_has_very_little_memory(const struct container *container);

/* Compiles the seccomp filter, or finds it compiled below the state root or in an annotation. */
int container_compile(struct container *container, struct error *err);

/* The state that hooks are told; the strings stay the container's. */
struct oci_state container_oci_state(const struct container *container, const char *status,
				     pid_t pid);

/* What hooks are given, with that state; cwd: the bundle, or NULL. */
struct hook_context container_hook_context(const struct container *container,
					   const struct oci_state *state, const char *cwd);

/* How many descriptors a service manager gave to this very process (sd_listen_fds(3)). */
unsigned int container_listen_fds(void);

/* How many descriptors from 3 on the program gets. */
unsigned int container_kept_fds(const struct container *container);

/* Shorthands for what most steps read, of a configuration that config_check() has passed: never NULL. */
const struct oci_process *container_process(const struct container *container);
const struct oci_linux *container_linux(const struct container *container);

#endif
