/* device_program.h - device rules as a BPF program that the kernel asks at each open and mknod
 *
 * r2 type (BPF_DEVCG_DEV_*)   r3 the accesses that no rule has decided yet
 * r4 major                    r5 minor                    r0 the verdict: 1 allow, 0 deny
 *
 * The last rule comes first, since the last match wins.  A rule that allows takes its accesses
 * out of r3, and when nothing is left the verdict is 1; a rule that denies one of r3 makes it 0.
 * Neighbours that are alike (see device_rules.h) share one tail behind their tests. */
#ifndef CGROUP_DEVICE_PROGRAM_H
#define CGROUP_DEVICE_PROGRAM_H

#include <linux/bpf.h>
#include <stddef.h>

#include "cgroup/device_rules.h"

/* Returns the program, to be freed, of *ret_n instructions (at least two). */
struct bpf_insn *device_program_compile(const struct device_rules *rules, size_t *ret_n);

#endif
