/* settings.c - the members of linux.resources that are one file each, as a table
 *
 * A member that is absent is not written.  Neither is a zero where zero means nothing on cgroup
 * v2: engines write out members they have no value for. */
#include "cgroup/settings.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "cgroup/convert.h"
#include "cgroup/settings_list.h"

#define VALUE_SIZE 64

enum { ABSENT, PRESENT };

/* Sets value, which may point into buf, and is_limit; returns ABSENT, PRESENT or -EINVAL. */
typedef int fill_function(const struct oci_resources *r, struct setting *s, char buf[VALUE_SIZE],
			  struct error *err);

static int put(struct setting *s, const char *value, bool is_limit)
{
	s->value = value;
	s->is_limit = is_limit;
	return PRESENT;
}

static int put_number(struct setting *s, char buf[VALUE_SIZE], uint64_t n, bool is_limit)
{
	snprintf(buf, VALUE_SIZE, "%" PRIu64, n);
	return put(s, buf, is_limit);
}

/* A size or count where -1 means no limit and 0 nothing. */
static int put_limit(struct setting *s, char buf[VALUE_SIZE], struct oci_i64 n, struct error *err)
{
	if (!n.is_set || n.value == 0)
		return ABSENT;
	if (n.value == -1)
		return put(s, "max", false);
	if (n.value < 0)
		return fail_at(err, EINVAL, s->where, "%" PRId64 " is neither a limit nor -1",
			       n.value);
	return put_number(s, buf, (uint64_t) n.value, true);
}

static int fill_memory_limit(const struct oci_resources *r, struct setting *s, char *buf,
			     struct error *err)
{
	return r->memory ? put_limit(s, buf, r->memory->limit, err) : ABSENT;
}

static int fill_memory_reservation(const struct oci_resources *r, struct setting *s, char *buf,
				   struct error *err)
{
	return r->memory ? put_limit(s, buf, r->memory->reservation, err) : ABSENT;
}

static int fill_memory_swap(const struct oci_resources *r, struct setting *s, char *buf,
			    struct error *err)
{
	int64_t swap;
	int rc;

	if (!r->memory)
		return ABSENT;
	rc = convert_swap(r->memory->limit.is_set ? r->memory->limit.value : 0,
			  r->memory->swap.is_set ? r->memory->swap.value : 0, &swap, err);
	if (rc < 0)
		return rc;
	if (swap == SWAP_UNSET)
		return ABSENT;
	if (swap == SWAP_UNLIMITED)
		return put(s, "max", false);
	/* Without swap accounting there is no file, and nothing that 0 could forbid. */
	return put_number(s, buf, (uint64_t) swap, swap > 0);
}

static int fill_cpu_idle(const struct oci_resources *r, struct setting *s, char *buf,
			 struct error *err)
{
	if (!r->cpu || !r->cpu->idle.is_set)
		return ABSENT;
	if (r->cpu->idle.value != 0 && r->cpu->idle.value != 1)
		return fail_at(err, EINVAL, s->where, "%" PRId64 " is neither 0 nor 1",
			       r->cpu->idle.value);
	return put_number(s, buf, (uint64_t) r->cpu->idle.value, r->cpu->idle.value == 1);
}

/* containerd gives 1024 to each container that says nothing: the weight that a cgroup has anyway. */
static int fill_cpu_shares(const struct oci_resources *r, struct setting *s, char *buf,
			   struct error *err)
{
	uint64_t weight;

	(void) err;
	if (!r->cpu || !r->cpu->shares.is_set || r->cpu->shares.value == 0)
		return ABSENT;
	/* The kernel refuses a weight for an idle cgroup: it has the lowest. */
	if (r->cpu->idle.is_set && r->cpu->idle.value == 1)
		return ABSENT;
	weight = convert_cpu_shares(r->cpu->shares.value);
	return put_number(s, buf, weight, weight != CPU_WEIGHT_DEFAULT);
}

/* cpu.max is "QUOTA PERIOD"; a quota alone keeps the period. */
static int fill_cpu_quota(const struct oci_resources *r, struct setting *s, char *buf,
			  struct error *err)
{
	bool has_quota = r->cpu && r->cpu->quota.is_set && r->cpu->quota.value != 0;
	bool has_period = r->cpu && r->cpu->period.is_set && r->cpu->period.value != 0;
	char quota[32] = "max";
	bool is_limit = has_quota && r->cpu->quota.value > 0;

	if (!has_quota && !has_period)
		return ABSENT;
	if (has_quota && r->cpu->quota.value < -1)
		return fail_at(err, EINVAL, s->where, "%" PRId64 " is neither a time nor -1",
			       r->cpu->quota.value);
	if (is_limit)
		snprintf(quota, sizeof(quota), "%" PRId64, r->cpu->quota.value);
	if (!has_quota)
		s->where = "linux.resources.cpu.period";
	if (has_period)
		snprintf(buf, VALUE_SIZE, "%s %" PRIu64, quota, r->cpu->period.value);
	else
		snprintf(buf, VALUE_SIZE, "%s", quota);
	return put(s, buf, is_limit);
}

static int fill_cpu_burst(const struct oci_resources *r, struct setting *s, char *buf,
			  struct error *err)
{
	(void) err;
	if (!r->cpu || !r->cpu->burst.is_set)
		return ABSENT;
	return put_number(s, buf, r->cpu->burst.value, r->cpu->burst.value > 0);
}

static int refuse_realtime(struct setting *s, bool is_given, struct error *err)
{
	if (!is_given)
		return ABSENT;
	return fail_at(err, EINVAL, s->where, "cgroup v2 has no limits for realtime processes");
}

static int fill_cpu_realtime_runtime(const struct oci_resources *r, struct setting *s, char *buf,
				     struct error *err)
{
	(void) buf;
	return refuse_realtime(s, r->cpu && r->cpu->realtime_runtime.value != 0, err);
}

static int fill_cpu_realtime_period(const struct oci_resources *r, struct setting *s, char *buf,
				    struct error *err)
{
	(void) buf;
	return refuse_realtime(s, r->cpu && r->cpu->realtime_period.value != 0, err);
}

static int fill_cpuset_cpus(const struct oci_resources *r, struct setting *s, char *buf,
			    struct error *err)
{
	(void) buf;
	(void) err;
	return r->cpu && r->cpu->cpus && *r->cpu->cpus ? put(s, r->cpu->cpus, true) : ABSENT;
}

static int fill_cpuset_mems(const struct oci_resources *r, struct setting *s, char *buf,
			    struct error *err)
{
	(void) buf;
	(void) err;
	return r->cpu && r->cpu->mems && *r->cpu->mems ? put(s, r->cpu->mems, true) : ABSENT;
}

static int fill_pids_limit(const struct oci_resources *r, struct setting *s, char *buf,
			   struct error *err)
{
	(void) err;
	if (!r->pids || !r->pids->limit.is_set)
		return ABSENT;
	if (r->pids->limit.value <= 0)
		return put(s, "max", false);
	return put_number(s, buf, (uint64_t) r->pids->limit.value, true);
}

/* BFQ counts as config.json does; without it io.cost's weight is the one there is. */
static int fill_io_weight(const struct oci_resources *r, struct setting *s, char *buf,
			  struct error *err)
{
	const struct oci_block_io *io = r->block_io;

	if (!io || !io->weight.is_set || io->weight.value == 0)
		return ABSENT;
	if (io_weight_check(s->where, io->weight.value, err) < 0)
		return -err->code;
	snprintf(buf, VALUE_SIZE / 2, "%" PRIu16, io->weight.value);
	snprintf(buf + VALUE_SIZE / 2, VALUE_SIZE / 2, "%" PRIu64,
		 convert_io_weight(io->weight.value));
	s->other_file = "io.weight";
	s->other_value = buf + VALUE_SIZE / 2;
	return put(s, buf, true);
}

/* clang-format off */
static const struct row {
	const char *where;
	enum controller controller;
	const char *file;
	fill_function *fill;
} rows[] = {
	{ "linux.resources.memory.limit",        CONTROLLER_MEMORY, "memory.max",      fill_memory_limit },
	{ "linux.resources.memory.reservation",  CONTROLLER_MEMORY, "memory.low",      fill_memory_reservation },
	{ "linux.resources.memory.swap",         CONTROLLER_MEMORY, "memory.swap.max", fill_memory_swap },
	{ "linux.resources.cpu.idle",            CONTROLLER_CPU,    "cpu.idle",        fill_cpu_idle },
	{ "linux.resources.cpu.shares",          CONTROLLER_CPU,    "cpu.weight",      fill_cpu_shares },
	{ "linux.resources.cpu.quota",           CONTROLLER_CPU,    "cpu.max",         fill_cpu_quota },
	{ "linux.resources.cpu.burst",           CONTROLLER_CPU,    "cpu.max.burst",   fill_cpu_burst },
	{ "linux.resources.cpu.realtimeRuntime", CONTROLLER_CPU,    NULL,              fill_cpu_realtime_runtime },
	{ "linux.resources.cpu.realtimePeriod",  CONTROLLER_CPU,    NULL,              fill_cpu_realtime_period },
	{ "linux.resources.cpu.cpus",            CONTROLLER_CPUSET, "cpuset.cpus",     fill_cpuset_cpus },
	{ "linux.resources.cpu.mems",            CONTROLLER_CPUSET, "cpuset.mems",     fill_cpuset_mems },
	{ "linux.resources.pids.limit",          CONTROLLER_PIDS,   "pids.max",        fill_pids_limit },
	{ "linux.resources.blockIO.weight",      CONTROLLER_IO,     "io.bfq.weight",   fill_io_weight },
};
/* clang-format on */

int settings_walk(const struct oci_resources *resources, setting_visitor visit, void *arg,
		  struct error *err)
{
	if (!resources)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char buf[VALUE_SIZE];
		struct setting s = {
			.where = rows[i].where,
			.controller = rows[i].controller,
			.file = rows[i].file,
		};
		int rc = rows[i].fill(resources, &s, buf, err);

		if (rc == PRESENT)
			rc = visit(&s, arg, err);
		if (rc < 0)
			return rc;
	}
	return settings_walk_lists(resources, visit, arg, err);
}

static void warn_memory_v1(const struct oci_memory *m)
{
	const struct {
		bool is_given;
		const char *name;
	} members[] = {
		{ m->kernel.value != 0, "kernel" },
		{ m->kernel_tcp.value != 0, "kernelTCP" },
		{ m->swappiness.is_set, "swappiness" },
		{ m->disable_oom_killer.value, "disableOOMKiller" },
		{ m->use_hierarchy.value, "useHierarchy" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (members[i].is_given)
			log_warning("linux.resources.memory.%s: ignored: cgroup v1 only",
				    members[i].name);
}

void settings_warn_v1(const struct oci_resources *resources)
{
	const struct oci_network *net = resources ? resources->network : NULL;
	const struct oci_block_io *io = resources ? resources->block_io : NULL;

	if (resources && resources->memory)
		warn_memory_v1(resources->memory);
	if (io && io->leaf_weight.value != 0)
		log_warning("linux.resources.blockIO.leafWeight: ignored: cgroup v1 only");
	for (size_t i = 0; io && i < io->weight_device.n; i++)
		if (io->weight_device.items[i].leaf_weight.value != 0)
			log_warning("linux.resources.blockIO.weightDevice[%zu].leafWeight: "
				    "ignored: cgroup v1 only",
				    i);
	if (net && net->class_id.value != 0)
		log_warning("linux.resources.network.classID: ignored: cgroup v1 only");
	if (net && net->priorities.n > 0)
		log_warning("linux.resources.network.priorities: ignored: cgroup v1 only");
}
