/* device_filter.h - the device rules of a cgroup: a BPF program, loaded and attached */
#ifndef CGROUP_DEVICE_FILTER_H
#define CGROUP_DEVICE_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "libocispec/resources.h"

/* Host: lets the rules (see device_rules.h) decide for the cgroup cgroup_fd, in place of what
 * decided there before; a new cgroup (is_new) has nothing.  Where all is allowed no program is
 * needed.  A caller without privilege over the host cannot load one, but neither make a device
 * node nor open the host's: then it is left out with a warning. */
int device_filter_apply(int cgroup_fd, bool is_new, const struct oci_device_rule *rules, size_t n,
			struct error *err);

#endif
