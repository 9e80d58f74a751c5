/* intel_rdt.h - linux.intelRdt: a share of the processor's cache and memory bandwidth
 *
 * The kernel's resctrl file system has a directory for each class of service (CLOS), and in each
 * one for groups that are only watched (docs.kernel.org, "User Interface for Resource Control").
 * The rules are the runtime specification's (config-linux.md, "IntelRdt"). */
#ifndef LINUX_INTEL_RDT_H
#define LINUX_INTEL_RDT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "libocispec/linux.h"

/* Where a container belongs in resctrl. */
struct intel_rdt {
	char *root;	  /* where resctrl is mounted; NULL: no intelRdt */
	char *group;	  /* the directory of its class, or NULL */
	char *monitor;	  /* its directory in mon_groups, or NULL */
	bool makes_group; /* the class is made for it */
	bool keeps_group; /* ... and stays: it has a name of its own, by which others may join it */
	bool is_made;	  /* ... has been; what another made meanwhile is not ours to remove */
	bool is_written;  /* a process has been put in, so the directory in mon_groups is its own */
	int lock;	  /* of the root, while a class is looked at or filled; -1: none */
};

#define INTEL_RDT_NONE ((struct intel_rdt){ .lock = -1 })
#define auto_rdt __attribute__((cleanup(intel_rdt_release))) struct intel_rdt

void intel_rdt_release(struct intel_rdt *rdt);

/* Host, pure. */
int intel_rdt_check(const struct oci_intel_rdt *config, struct error *err);

/* Host, before the clone: finds the mounted resctrl; -ENOENT at "linux.intelRdt" without one. */
int intel_rdt_find(char **ret_root, struct error *err);

/* Host, before the clone: decides which directories it will be.  A class that is there already must
 * have the schemata that the configuration asks for; one that only has a name must be there.
 *
 * Who makes a class has resctrl locked (flock, as the kernel's document asks for) until it has its schemata;
 * who waits for that longer than ten seconds fails with -EBUSY. */
int intel_rdt_plan(const struct oci_intel_rdt *config, const char *root, const char *id,
		   struct intel_rdt *ret, struct error *err);

/* Host, before the clone: makes the class, when that is planned.  One with a name that another has made meanwhile
 * must be as intel_rdt_plan() says. */
int intel_rdt_create(const struct oci_intel_rdt *config, struct intel_rdt *rdt, struct error *err);

/* Host, right after that: writes the schemata of the class that was made. */
int intel_rdt_fill(const struct oci_intel_rdt *config, struct intel_rdt *rdt, struct error *err);

/* Host, while init waits: puts process pid in its class, and in the group that is watched, once.  A class that
 * has gone meanwhile, with a container that had made it and failed, is made again. */
int intel_rdt_write(pid_t pid, const struct oci_intel_rdt *config, struct intel_rdt *rdt,
		    struct error *err);

/* Host: where a container is that has been created; none without intelRdt (config NULL), or where no resctrl is
 * mounted by now. */
int intel_rdt_place(const struct oci_intel_rdt *config, const char *id, struct intel_rdt *ret,
		    struct error *err);

/* Host, while exec's process pid waits: puts it where the container's are.  config: the container's, or NULL. */
int intel_rdt_enter(pid_t pid, const struct oci_intel_rdt *config, const char *id,
		    struct error *err);

/* Host, for a container that runs: new values for its class ("update"); NULL leaves one as it is.
 * config: the container's, or NULL. */
int intel_rdt_update(const struct oci_intel_rdt *config, const char *id,
		     const char *l3_cache_schema, const char *mem_bw_schema, struct error *err);

/* Host, on failure or by delete: removes what was made; NULL or a missing directory is no error.  A
 * class in which others live by now stays; those that have ended and are not waited for do not count. */
int intel_rdt_delete(const char *group, const char *monitor, struct error *err);

#endif
