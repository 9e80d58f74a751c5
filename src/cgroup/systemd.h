/* systemd.h - a container's unit, as a systemd manager is told of it by coracle-systemd
 *
 * libsystemd is there as a shared library only, with ten more behind it: the program that links it
 * is run when a container's cgroup is systemd's to make, and nothing else pays for it.  What it is
 * told, and how it answers, src/cli/coracle_systemd.c says.  Errors are of class cgroup and name the
 * unit; a build without libsystemd fails with -ENOTSUP. */
#ifndef CGROUP_SYSTEMD_H
#define CGROUP_SYSTEMD_H

#include <stdbool.h>

#include "base/error.h"
#include "cgroup/property.h"

/* True where this build can speak to systemd. */
bool systemd_is_built_in(void);

/* Starts a transient unit and waits until it runs; one of this name that has failed is forgotten
 * first.  -EEXIST: one is there otherwise.  is_user: a user's manager is asked, not the system's.
 * *ret_may_be_there: systemd was asked for it, so that there may be one of ours after a failure too. */
int systemd_start(const char *unit, bool is_user, const struct property_list *properties,
		  bool *ret_may_be_there, struct error *err);

/* Changes properties of a running unit, until it ends. */
int systemd_change(const char *unit, bool is_user, const struct property_list *properties,
		   struct error *err);

/* Kills who is left in the unit, and makes systemd forget it.  Done when it is not there. */
int systemd_stop(const char *unit, bool is_user, struct error *err);

#endif
