/* property_resources.h - linux.resources as properties of a systemd unit
 *
 * systemd writes a unit's properties to the cgroup's files whenever it sees fit (daemon-reload, a
 * change to a sibling): what it has not been told it resets.  So it is told of every limit that it
 * has a name for, and then the files get their exact values all the same. */
#ifndef CGROUP_PROPERTY_RESOURCES_H
#define CGROUP_PROPERTY_RESOURCES_H

#include "base/error.h"
#include "cgroup/property.h"
#include "libocispec/resources.h"

/* A cpu quota is told as CPU time per second, and systemd keeps it in whole percents of one CPU:
 * rounded up, so that a limit inside the container that equals the container's still fits. */
#define CPU_PERIOD_DEFAULT_US 100000

/* Adds what systemd has a name for, unified's files among it; the rest (hugetlb, rdma, burst) and
 * what systemd would not understand stays to the files.  cpu_period (us) stands in where resources
 * has a quota only.  -EINVAL as settings_walk() (settings.h).  resources may be NULL. */
int properties_of_resources(const struct oci_resources *resources, uint64_t cpu_period,
			    struct property_list *list, struct error *err);

/* Adds DevicePolicy and DeviceAllow for rules that device_rules_check() has passed.  systemd knows
 * no exceptions and no number without its major, so what it allows may be more than the rules do;
 * the cgroup's own device program, which it leaves alone, is exact. */
void properties_of_devices(const struct oci_device_rule *rules, size_t n,
			   struct property_list *list);

#endif
