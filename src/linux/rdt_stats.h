/* rdt_stats.h - what resctrl says of a container's class of service, as its files tell it
 *
 * The members are those of "intel_rdt" in runc's events.  What the processor or the kernel does not tell is
 * left out. */
#ifndef LINUX_RDT_STATS_H
#define LINUX_RDT_STATS_H

#include "base/text.h"
#include "libocispec/types.h"
#include "linux/intel_rdt.h"

struct rdt_cache_info {
	char *cbm_mask; /* all of the cache, in hexadecimal */
	uint64_t min_cbm_bits;
	uint64_t num_closids;
};

struct rdt_bandwidth_info {
	uint64_t bandwidth_gran; /* percent, as the next but one */
	uint64_t delay_linear;
	uint64_t min_bandwidth;
	uint64_t num_closids;
};

/* Bytes since the group is watched. */
struct rdt_bandwidth_use {
	uint64_t total;
	uint64_t local; /* from the memory of the processor's own node */
};

struct rdt_cache_use {
	uint64_t occupancy; /* bytes */
};

struct rdt_stats {
	struct rdt_cache_info *cache;
	char *cache_schema_root; /* the line that the class has which all are in that are in no other */
	char *cache_schema;
	struct rdt_bandwidth_info *bandwidth;
	char *bandwidth_schema_root;
	char *bandwidth_schema;
	OCI_LIST(struct rdt_bandwidth_use) bandwidth_use; /* one for each third-level cache */
	OCI_LIST(struct rdt_cache_use) cache_use;
};

#define auto_rdt_stats __attribute__((cleanup(rdt_stats_release))) struct rdt_stats

/* Host.  What is counted is what the container's monitoring group says, or without one its class: then that
 * of all who are in it.  A class that has gone (place->group NULL, too) says nothing. */
void rdt_stats_read(const struct intel_rdt *place, struct rdt_stats *ret);
void rdt_stats_release(struct rdt_stats *stats);

/* Appends the JSON object. */
int rdt_stats_print(const struct rdt_stats *stats, struct str *json, struct error *err);

#endif
