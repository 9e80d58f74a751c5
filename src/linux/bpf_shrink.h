/* bpf_shrink.h - a seccomp filter made shorter, with the same verdicts
 *
 * libseccomp writes a comparison for each name of a profile; names whose numbers are neighbours
 * mostly have the same verdict.  Loading a filter costs by its length (the kernel checks, converts
 * and compiles it, and walks it for every system call), so a filter that is loaded often is worth
 * being made short once. */
#ifndef LINUX_BPF_SHRINK_H
#define LINUX_BPF_SHRINK_H

#include <linux/filter.h>
#include <stddef.h>

/* Replaces filter[0..*n) by a program of the same verdict for every struct seccomp_data, when it
 * finds a shorter one.  What it does not understand it leaves as it is. */
void bpf_shrink(struct sock_filter *filter, size_t *n);

#endif
