/* device_rules.h - linux.resources.devices as the shortest list that decides the same
 *
 * The meaning: each access to a device asks for some of r, w and m (mknod).  For each of them
 * the last rule that matches the device and names it decides; where none does, it is denied.  A
 * rule for all devices and all accesses therefore makes those in front of it void. */
#ifndef CGROUP_DEVICE_RULES_H
#define CGROUP_DEVICE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "libocispec/resources.h"

#define DEVICE_ANY UINT32_MAX /* as a type, major or minor */
#define DEVICE_ALL_ACCESS 7U

struct device_rule {
	bool allow;
	uint8_t access; /* BPF_DEVCG_ACC_MKNOD | _READ | _WRITE */
	uint32_t type;	/* BPF_DEVCG_DEV_BLOCK, _CHAR or DEVICE_ANY */
	uint32_t major;
	uint32_t minor;
};

struct device_rules {
	bool allow_rest; /* what becomes of what no rule decides */
	size_t n;
	struct device_rule *items; /* the last match wins */
};

/* True when the two differ in the device at most.  Among neighbours that are alike the order
 * means nothing: in a plan they are sorted by type, major and minor, "any" first, and none covers
 * another. */
static inline bool device_rules_alike(const struct device_rule *a, const struct device_rule *b)
{
	return a->allow == b->allow && a->access == b->access;
}

/* Host: refuses types, numbers and access letters that do not exist. */
int device_rules_check(const struct oci_device_rule *rules, size_t n, struct error *err);

/* Turns rules that device_rules_check() has passed into *ret, to be released.  Behind them come,
 * as runc and crun have it, those for what every container may do: make any device node, and use
 * the default devices of the runtime specification and its terminals.  A configuration cannot
 * take these back, and one without rules gets just these.  What changes nothing is left out: no
 * items with allow_rest means that all is allowed. */
void device_rules_plan(const struct oci_device_rule *rules, size_t n, struct device_rules *ret);
void device_rules_release(struct device_rules *rules);

#endif
