/* settings_list.h - the members of linux.resources that are lists or maps */
#ifndef CGROUP_SETTINGS_LIST_H
#define CGROUP_SETTINGS_LIST_H

#include "cgroup/settings.h"

/* The part of settings_walk() (see settings.h) that takes one setting or more an element:
 * blockIO's devices, hugepageLimits, rdma, unified; unified last, so that it can override. */
int settings_walk_lists(const struct oci_resources *r, setting_visitor visit, void *arg,
			struct error *err);

/* The specification's range of blockIO's weights. */
int io_weight_check(const char *where, uint16_t weight, struct error *err);

#endif
