/* device_share.h - one device program for all containers with the same rules
 *
 * To check and translate a program takes the kernel as long as to make a cgroup, and each is memory of the kernel's
 * for as long as its container lives; most containers of a host have the same rules.  So the program of one that
 * lives is attached for the next, too.
 *
 * What is kept, in a file below the state root, is only which ids the kernel gave: a program goes with the last cgroup
 * that has it, and the next container loads it anew.  Nothing in the file needs to be right: the kernel is asked which
 * instructions the program of that id has.  One that the kernel's check has shortened, or that net.core.bpf_jit_harden
 * has changed, is not found again: then each container loads its own.
 *
 * By system calls alone: for what runs beside a process that shares our memory (base/raw_syscall.h). */
#ifndef CGROUP_DEVICE_SHARE_H
#define CGROUP_DEVICE_SHARE_H

#include <stdbool.h>
#include <stddef.h>

struct bpf_insn;

#define DEVICE_SHARE "@devices" /* '@' cannot be in a container's id */

/* A longer program is not shared. */
#define DEVICE_SHARE_MAX 256

/* The kernel says that this is a device program of exactly these instructions. */
bool device_share_is(int program, const struct bpf_insn *insns, size_t n);

/* A descriptor of a device program of these instructions that the kernel has; negative: none is known.  dirfd: the
 * state root. */
int device_share_take(int dirfd, const struct bpf_insn *insns, size_t n);

/* Lets others find the program, which has been loaded of these instructions; as far as that can be. */
void device_share_offer(int dirfd, const struct bpf_insn *insns, size_t n, int program);

#endif
