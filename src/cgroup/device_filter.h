/* device_filter.h - the device rules of a cgroup: a BPF program, loaded and attached */
#ifndef CGROUP_DEVICE_FILTER_H
#define CGROUP_DEVICE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "libocispec/resources.h"

struct bpf_insn;

/* A program for a new cgroup, made ready to be loaded; {0}: none is needed. */
struct device_filter {
	struct bpf_insn *insns;
	size_t n;
	bool is_asked_for; /* by linux.resources.devices: there are rules */
};

/* Where all is allowed no program is needed, and *ret is {0}. */
void device_filter_prepare(const struct oci_device_rule *rules, size_t n,
			   struct device_filter *ret);

/* Loads it and attaches it to the new cgroup.  Returns 0 or a negative errno, and does nothing but
 * system calls: it may run beside a process that shares our memory (base/raw_syscall.h). */
int device_filter_load(const struct device_filter *filter, int cgroup_fd);

/* What device_filter_load()'s failure means: 0 where a caller without privilege goes without. */
int device_filter_failed(const struct device_filter *filter, int code, struct error *err);

void device_filter_release(struct device_filter *filter);

/* Host: lets the rules (see device_rules.h) decide for the cgroup cgroup_fd, in place of what
 * decided there before; a new cgroup (is_new) has nothing.  Where all is allowed no program is
 * needed.  A caller without privilege over the host cannot load one, but neither make a device
 * node nor open the host's: then it is left out with a warning. */
int device_filter_apply(int cgroup_fd, bool is_new, const struct oci_device_rule *rules, size_t n,
			struct error *err);

/* The programs that decide for a cgroup, kept so that they can again. */
struct device_programs {
	size_t n;
	uint32_t *ids;
	int *fds; /* negative: it could not be opened */
};

/* Notes those of cgroup_fd; none where the caller has not the privilege to ask.  *ret is to be released. */
int device_programs_note(int cgroup_fd, struct device_programs *ret, struct error *err);

/* Host: lets them decide, in place of what decides now; as far as that can be. */
void device_programs_put_back(const struct device_programs *noted, int cgroup_fd);
void device_programs_release(struct device_programs *noted);

#endif
