/* operations.h - what can be done to a container that exists: one function a command */
#ifndef CONTAINER_OPERATIONS_H
#define CONTAINER_OPERATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "cgroup/stats.h"
#include "libocispec/resources.h"
#include "libocispec/state.h"
#include "linux/rdt_stats.h"

/* Lets a created container's init run its program; returns once it runs, or with the error that
 * kept it from running (the container is then stopped, or after a failed hook deleted). */
int container_start(const char *root, const char *id, struct error *err);

/* Sends signal to init, or to every process of the container.  Killing what has ended is an
 * error of class state, as the specification asks. */
int container_kill(const char *root, const char *id, int signal, bool all, struct error *err);

/* Stops all processes of a container that is created or running, and lets them go on again.  Both
 * return once the kernel says that it is so, or after ten seconds with an error that says what
 * they waited for; a pause that failed so leaves the container running. */
int container_pause(const char *root, const char *id, struct error *err);
int container_resume(const char *root, const char *id, struct error *err);

/* Changes the limits of a container that has not stopped to those that resources names; the others
 * stay.  All or nothing. */
int container_update(const char *root, const char *id, const struct oci_resources *resources,
		     struct error *err);

/* New schemata for the class of service that the container is in; NULL: stays as it is. */
int container_update_rdt(const char *root, const char *id, const char *l3_cache_schema,
			 const char *mem_bw_schema, struct error *err);

/* Mounts in a container that exists what `file` lists (see mounts_file.h), all of it or nothing;
 * takes away what is mounted at the destinations that it lists. */
int container_mounts_add(const char *root, const char *id, const char *file, struct error *err);
int container_mounts_remove(const char *root, const char *id, const char *file, struct error *err);

/* What a container uses; *ret and *ret_rdt are to be released. */
int container_stats(const char *root, const char *id, struct cgroup_stats *ret,
		    struct rdt_stats *ret_rdt, struct error *err);

/* Sees what happens in a container; a negative return ends the watch. */
struct container_watcher {
	int (*stats)(void *arg, const struct cgroup_stats *stats, const struct rdt_stats *rdt,
		     struct error *err);
	int (*oom_kill)(void *arg, struct error *err);
	void *arg;
};

/* Shows the watcher what the container uses every interval_ms, and each process that the kernel
 * kills for want of memory when it does, until the container ends. */
int container_watch(const char *root, const char *id, int64_t interval_ms,
		    const struct container_watcher *watcher, struct error *err);

/* Removes what create made.  With force a running container is killed first, and one that is not
 * there (or half made by a runtime that died) is no error. */
int container_delete(const char *root, const char *id, bool force, struct error *err);

/* The container's processes as the caller's pid namespace numbers them, those of cgroups that it
 * has made below its own too; *ret_pids is to be freed.  A container without a cgroup is an error
 * of class state. */
int container_processes(const char *root, const char *id, pid_t **ret_pids, size_t *ret_n,
			struct error *err);

struct container_ids {
	size_t n;
	char **items;
};

void container_ids_release(struct container_ids *ids);

/* The containers whose ids hold a match of the extended regular expression, in order.  An empty one is an error. */
int container_match(const char *root, const char *pattern, struct container_ids *ret,
		    struct error *err);

/* One container as `list` shows it. */
struct container_summary {
	struct oci_state state;
	char *rootfs;
	char *created; /* RFC 3339, UTC */
	char *owner;   /* user name, or the number where it has none */
};

void container_summary_release(struct container_summary *summary);

/* Reads one container's state: one file, and one look at its process. */
int container_state(const char *root, const char *id, struct container_summary *ret,
		    struct error *err);

/* All containers below root, by id; *ret is to be freed, and each summary released, after a failure too. */
int container_list(const char *root, struct container_summary **ret, size_t *ret_n,
		   struct error *err);

#endif
