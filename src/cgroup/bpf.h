/* bpf.h - bpf(2), by a system call alone (base/raw_syscall.h) */
#ifndef CGROUP_BPF_H
#define CGROUP_BPF_H

#include <linux/bpf.h>
#include <stdint.h>
#include <string.h>

#include "base/raw_syscall.h"

/* bpf(2) refuses what it does not know unless it is zero, so padding must be too. */
static inline union bpf_attr bpf_no_attr(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	return attr;
}

/* Returns what the kernel does: a negative errno on failure. */
static inline int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	return (int) raw_syscall(SYS_bpf, command, RAW(attr), sizeof(*attr), 0, 0, 0);
}

/* A descriptor of the program that has this id, or a negative errno; -ENOENT: none has it any more. */
static inline int bpf_open_program(uint32_t id)
{
	union bpf_attr attr = bpf_no_attr();

	attr.prog_id = id;
	return bpf(BPF_PROG_GET_FD_BY_ID, &attr);
}

#endif
