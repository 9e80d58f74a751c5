/* settings.h - linux.resources as a list of files to write and values to write to them */
#ifndef CGROUP_SETTINGS_H
#define CGROUP_SETTINGS_H

#include <stdbool.h>

#include "base/error.h"
#include "cgroup/controllers.h"
#include "libocispec/resources.h"

struct setting {
	const char *where;	    /* the member's JSON path */
	enum controller controller; /* whose file it is */
	const char *file;	    /* in the cgroup's directory */
	const char *value;
	bool is_limit;		/* false: the kernel's default, so the file may be absent */
	const char *other_file; /* to be tried when `file` is absent; NULL: none */
	const char *other_value;
};

/* Sees one setting, whose strings live until it returns; a negative return ends the walk. */
typedef int (*setting_visitor)(const struct setting *setting, void *arg, struct error *err);

/* Shows every setting of resources (which may be NULL) to `visit`, in the order to write them.
 * Pure: what it finds wrong (-EINVAL) is wrong on every host.  Device rules are not settings. */
int settings_walk(const struct oci_resources *resources, setting_visitor visit, void *arg,
		  struct error *err);

/* Warns about the members that only cgroup v1 knows. */
void settings_warn_v1(const struct oci_resources *resources);

#endif
