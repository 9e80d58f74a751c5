/* scope_name.h - linux.cgroupsPath as the systemd cgroup manager reads it: a slice and a scope
 *
 *	cgroupsPath             slice           scope
 *	"a.slice:engine:c1"     a.slice         engine-c1.scope
 *	":engine:c1"            the default     engine-c1.scope
 *	"-:engine:c1"           -.slice, the root of all
 *	"a.slice::c1"           a.slice         c1.scope
 *	absent                  the default     coracle-ID.scope
 *
 * The default slice is system.slice, and for a user's manager user.slice. */
#ifndef CGROUP_SCOPE_NAME_H
#define CGROUP_SCOPE_NAME_H

#include <stdbool.h>

#include "base/error.h"

/* Decides both, each to be freed.  What cannot stand in the name of a unit (a '+' of an id, say)
 * is escaped as systemd does: \x2b.  -EINVAL, naming linux.cgroupsPath, for anything but these
 * forms, for a name that ends in ".slice" (a slice has no processes of its own), and for one that
 * is too long. */
int scope_name_plan(const char *cgroups_path, const char *id, bool is_user, char **ret_slice,
		    char **ret_scope, struct error *err);

/* Where systemd puts the scope below the manager's own cgroup, to be freed: a '-' in the slice's
 * name is a level.  "a-b.slice" and "c.scope" are "/a.slice/a-b.slice/c.scope". */
char *scope_name_path(const char *slice, const char *scope);

#endif
