/* convert.h - values that cgroup v1 and v2 count differently; config.json counts as v1 did */
#ifndef CGROUP_CONVERT_H
#define CGROUP_CONVERT_H

#include <stdint.h>

#include "base/error.h"

#define CPU_WEIGHT_DEFAULT 100

/* cpu.shares [2, 262144] to cpu.weight [1, 10000], with 1024 becoming 100, the default of each:
 * 10^((l^2 + 125 l) / 612 - 7/34) rounded up, where l is log2(shares); engines and schedulers
 * expect these very numbers.  Values outside are clamped. */
uint64_t convert_cpu_shares(uint64_t shares);

/* blkio.weight [10, 1000] to io.weight [1, 10000], linearly; values outside are clamped. */
uint64_t convert_io_weight(uint64_t weight);

#define SWAP_UNSET (-2) /* nothing to write */
#define SWAP_UNLIMITED (-1)

/* linux.resources.memory: swap counts memory and swap together, memory.swap.max swap alone.  0
 * stands for an absent value and -1 for no limit.  -EINVAL when no memory limit is there to
 * subtract, or a larger one. */
int convert_swap(int64_t limit, int64_t swap, int64_t *ret_swap, struct error *err);

#endif
