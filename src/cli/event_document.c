/* event_document.c - see event_document.h */
#include "cli/event_document.h"

#include <inttypes.h>

static void append_stall(const char *name, const struct cgroup_stall *stall, struct str *json)
{
	str_printf(json,
		   "\"%s\":{\"avg10\":%u.%02u,\"avg60\":%u.%02u,\"avg300\":%u.%02u,"
		   "\"total\":%" PRIu64 "}",
		   name, stall->avg10 / 100, stall->avg10 % 100, stall->avg60 / 100,
		   stall->avg60 % 100, stall->avg300 / 100, stall->avg300 % 100, stall->total);
}

static void append_pressure(const struct cgroup_pressure *pressure, struct str *json)
{
	if (!pressure->is_known)
		return;
	str_printf(json, ",\"psi\":{");
	append_stall("some", &pressure->some, json);
	str_printf(json, ",");
	append_stall("full", &pressure->full, json);
	str_printf(json, "}");
}

static void append_cpu(const struct cgroup_stats *stats, struct str *json)
{
	str_printf(json,
		   "\"cpu\":{\"usage\":{\"total\":%" PRIu64 ",\"kernel\":%" PRIu64
		   ",\"user\":%" PRIu64 "},\"throttling\":{\"periods\":%" PRIu64
		   ",\"throttledPeriods\":%" PRIu64 ",\"throttledTime\":%" PRIu64 "}",
		   stats->cpu.usage, stats->cpu.system, stats->cpu.user, stats->cpu.periods,
		   stats->cpu.throttled_periods, stats->cpu.throttled);
	append_pressure(&stats->cpu.pressure, json);
	str_printf(json, "}");
}

static void append_usage(const char *name, const struct cgroup_usage *usage, struct str *json)
{
	str_printf(json,
		   "\"%s\":{\"limit\":%" PRIu64 ",\"usage\":%" PRIu64 ",\"max\":%" PRIu64
		   ",\"failcnt\":%" PRIu64 "}",
		   name, usage->limit, usage->usage, usage->max, usage->failures);
}

static uint64_t add_limits(uint64_t a, uint64_t b)
{
	return a == STATS_NO_LIMIT || b == STATS_NO_LIMIT ? STATS_NO_LIMIT : a + b;
}

static void append_memory(const struct cgroup_stats *stats, struct str *json)
{
	struct cgroup_usage swap = stats->memory.swap;

	swap.usage += stats->memory.memory.usage;
	swap.limit = add_limits(swap.limit, stats->memory.memory.limit);
	swap.max = 0; /* the most of both together is not known */
	str_printf(json, "\"memory\":{\"cache\":%" PRIu64 ",", stats->memory.cache);
	append_usage("usage", &stats->memory.memory, json);
	str_printf(json, ",");
	append_usage("swap", &swap, json);
	str_printf(json, ",\"kernel\":{\"limit\":0,\"usage\":%" PRIu64 ",\"failcnt\":0}",
		   stats->memory.kernel);
	str_printf(json, ",\"kernelTCP\":{\"limit\":0,\"failcnt\":0},\"raw\":{");
	for (size_t i = 0; i < stats->memory.n; i++)
		str_printf(json, "%s\"%s\":%" PRIu64, i ? "," : "", stats->memory.counters[i].name,
			   stats->memory.counters[i].value);
	str_printf(json, "}");
	append_pressure(&stats->memory.pressure, json);
	str_printf(json, "}");
}

static void append_entry(const struct cgroup_io *io, const char *op, uint64_t value, bool is_first,
			 struct str *json)
{
	str_printf(json, "%s{\"major\":%u,\"minor\":%u,\"op\":\"%s\",\"value\":%" PRIu64 "}",
		   is_first ? "" : ",", io->major, io->minor, op, value);
}

static void append_io(const struct cgroup_stats *stats, struct str *json)
{
	str_printf(json, "\"blkio\":{\"ioServiceBytesRecursive\":[");
	for (size_t i = 0; i < stats->io.n; i++) {
		const struct cgroup_io *io = &stats->io.devices[i];

		append_entry(io, "Read", io->read_bytes, i == 0, json);
		append_entry(io, "Write", io->write_bytes, false, json);
		append_entry(io, "Discard", io->discard_bytes, false, json);
	}
	str_printf(json, "],\"ioServicedRecursive\":[");
	for (size_t i = 0; i < stats->io.n; i++) {
		const struct cgroup_io *io = &stats->io.devices[i];

		append_entry(io, "Read", io->reads, i == 0, json);
		append_entry(io, "Write", io->writes, false, json);
		append_entry(io, "Discard", io->discards, false, json);
	}
	str_printf(json, "]");
	append_pressure(&stats->io.pressure, json);
	str_printf(json, "}");
}

static void append_hugetlb(const struct cgroup_stats *stats, struct str *json)
{
	str_printf(json, "\"hugetlb\":{");
	for (size_t i = 0; i < stats->hugetlb.n; i++) {
		const struct cgroup_hugetlb *size = &stats->hugetlb.sizes[i];

		str_printf(json, "%s", i ? "," : "");
		append_usage(size->page_size, &size->pages, json);
	}
	str_printf(json, "}");
}

static int append_rdt(const struct rdt_stats *rdt, struct str *json, struct error *err)
{
	/* of no class, or of one that has gone */
	if (!rdt->cache_schema && !rdt->bandwidth_schema && !rdt->bandwidth_use.n &&
	    !rdt->cache_use.n)
		return 0;
	str_printf(json, ",\"intel_rdt\":");
	return rdt_stats_print(rdt, json, err);
}

int event_document_append(const struct cgroup_stats *stats, const struct rdt_stats *rdt,
			  struct str *json, struct error *err)
{
	/* "no limit" is 0 here, in runc's events */
	uint64_t pids_limit = stats->pids.limit == STATS_NO_LIMIT ? 0 : stats->pids.limit;

	str_printf(json, "{");
	append_cpu(stats, json);
	str_printf(json, ",");
	append_memory(stats, json);
	str_printf(json, ",\"pids\":{\"current\":%" PRIu64 ",\"limit\":%" PRIu64 "},",
		   stats->pids.current, pids_limit);
	append_io(stats, json);
	str_printf(json, ",");
	append_hugetlb(stats, json);
	if (append_rdt(rdt, json, err) < 0)
		return -err->code;
	str_printf(json, "}");
	return 0;
}
