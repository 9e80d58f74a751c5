/* stats.h - what a cgroup uses, as its files tell it
 *
 * A controller that the cgroup has not (on a hybrid host that is most of them) leaves its part
 * zero. */
#ifndef CGROUP_STATS_H
#define CGROUP_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cgroup/cgroup.h"

#define STATS_NO_LIMIT UINT64_MAX

/* A line of a pressure file: the share of time that was lost, in hundredths of a percent over 10,
 * 60 and 300 seconds, and in all in microseconds. */
struct cgroup_stall {
	uint32_t avg10, avg60, avg300;
	uint64_t total;
};

struct cgroup_pressure {
	bool is_known; /* the kernel has PSI, and it is on */
	struct cgroup_stall some, full;
};

struct cgroup_usage {
	uint64_t usage;	   /* bytes */
	uint64_t limit;	   /* STATS_NO_LIMIT */
	uint64_t max;	   /* the most that was in use; 0 where the kernel does not say */
	uint64_t failures; /* how often the limit was met */
};

/* One line of memory.stat. */
struct cgroup_counter {
	char *name;
	uint64_t value;
};

struct cgroup_io {
	uint32_t major, minor;
	uint64_t read_bytes, write_bytes, discard_bytes;
	uint64_t reads, writes, discards;
};

struct cgroup_hugetlb {
	char *page_size;	   /* "2MB" */
	struct cgroup_usage pages; /* reserved ones where the kernel counts these */
};

struct cgroup_stats {
	struct {
		uint64_t usage, user, system; /* nanoseconds */
		uint64_t periods, throttled_periods;
		uint64_t throttled; /* nanoseconds */
		struct cgroup_pressure pressure;
	} cpu;
	struct {
		struct cgroup_usage memory, swap; /* swap alone */
		uint64_t kernel;		  /* bytes, which memory includes */
		uint64_t cache;			  /* bytes of files */
		size_t n;
		struct cgroup_counter *counters; /* memory.stat */
		struct cgroup_pressure pressure;
	} memory;
	struct {
		uint64_t current, limit;
	} pids;
	struct {
		size_t n;
		struct cgroup_io *devices;
		struct cgroup_pressure pressure;
	} io;
	struct {
		size_t n;
		struct cgroup_hugetlb *sizes;
	} hugetlb;
};

#define auto_stats __attribute__((cleanup(cgroup_stats_release))) struct cgroup_stats

/* Reads them all; *ret is to be released.  -ENOENT (class cgroup) when the cgroup has gone. */
int cgroup_stats_read(const struct cgroup *cgroup, struct cgroup_stats *ret, struct error *err);
void cgroup_stats_release(struct cgroup_stats *stats);

/* The value behind `key` in a file of lines "key value"; 0 where file or key is missing. */
uint64_t cgroup_counter_read(int cgroup_fd, const char *file, const char *key);

#endif
