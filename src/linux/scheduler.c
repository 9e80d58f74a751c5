/* scheduler.c - see scheduler.h */
#include "linux/scheduler.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"

#define NICE_MIN (-20)
#define NICE_MAX 19
#define PRIORITY_MAX 99

struct name {
	const char *name;
	unsigned int number;
};

/* clang-format off */
static const struct name policies[] = {
	{ "SCHED_OTHER",    SCHED_NORMAL },
	{ "SCHED_BATCH",    SCHED_BATCH },
	{ "SCHED_IDLE",     SCHED_IDLE },
	{ "SCHED_FIFO",     SCHED_FIFO },
	{ "SCHED_RR",       SCHED_RR },
	{ "SCHED_DEADLINE", SCHED_DEADLINE },
};
static const struct name flags[] = {
	{ "SCHED_FLAG_RESET_ON_FORK",  SCHED_FLAG_RESET_ON_FORK },
	{ "SCHED_FLAG_RECLAIM",        SCHED_FLAG_RECLAIM },
	{ "SCHED_FLAG_DL_OVERRUN",     SCHED_FLAG_DL_OVERRUN },
	{ "SCHED_FLAG_KEEP_POLICY",    SCHED_FLAG_KEEP_POLICY },
	{ "SCHED_FLAG_KEEP_PARAMS",    SCHED_FLAG_KEEP_PARAMS },
	{ "SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN },
	{ "SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX },
};
/* clang-format on */

static const struct name *find(const struct name *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(names[i].name, name))
			return &names[i];
	return NULL;
}

static int parse_flags(const struct oci_strings *names, uint64_t *ret, struct error *err)
{
	for (size_t i = 0; i < names->n; i++) {
		const struct name *flag = find(flags, ARRAY_SIZE(flags), names->items[i]);
		char where[64];

		if (flag) {
			*ret |= flag->number;
			continue;
		}
		snprintf(where, sizeof(where), "process.scheduler.flags[%zu]", i);
		return fail_at(err, EINVAL, where, "unknown flag '%s'", names->items[i]);
	}
	return 0;
}

/* What the kernel answers with a bare EINVAL.  A period that is not given is the deadline. */
static int check_deadline(const struct oci_scheduler *config, struct error *err)
{
	const uint64_t runtime = config->runtime.value, deadline = config->deadline.value;
	const uint64_t period = config->period.value ? config->period.value : deadline;

	if (runtime && runtime <= deadline && deadline <= period)
		return 0;
	return fail_at(err, EINVAL, "process.scheduler",
		       "SCHED_DEADLINE needs a runtime, which is not above the deadline, nor that above "
		       "the period: %" PRIu64 ", %" PRIu64 ", %" PRIu64 " ns",
		       runtime, deadline, period);
}

static int check_ranges(const struct oci_scheduler *config, unsigned int policy, struct error *err)
{
	bool is_realtime = policy == SCHED_FIFO || policy == SCHED_RR;
	int32_t low = is_realtime ? 1 : 0, high = is_realtime ? PRIORITY_MAX : 0;

	if (config->nice.value < NICE_MIN || config->nice.value > NICE_MAX)
		return fail_at(err, ERANGE, "process.scheduler.nice",
			       "%" PRId32 " is not between %d and %d", config->nice.value, NICE_MIN,
			       NICE_MAX);
	if (config->priority.value < low || config->priority.value > high)
		return fail_at(err, ERANGE, "process.scheduler.priority",
			       "%" PRId32 " is not between %" PRId32 " and %" PRId32 " for %s",
			       config->priority.value, low, high, config->policy);
	if (policy != SCHED_DEADLINE &&
	    (config->runtime.value || config->deadline.value || config->period.value))
		return fail_at(err, EINVAL, "process.scheduler",
			       "runtime, deadline and period are SCHED_DEADLINE's, not %s's",
			       config->policy);
	return 0;
}

static int parse(const struct oci_scheduler *config, struct sched_attr *ret, struct error *err)
{
	const struct name *policy = find(policies, ARRAY_SIZE(policies), config->policy);
	uint64_t flag_bits = 0;
	int r;

	if (!policy)
		return fail_at(err, EINVAL, "process.scheduler.policy", "unknown policy '%s'",
			       config->policy ? config->policy : "");
	r = check_ranges(config, policy->number, err);
	if (r == 0)
		r = parse_flags(&config->flags, &flag_bits, err);
	if (r == 0 && policy->number == SCHED_DEADLINE && !(flag_bits & SCHED_FLAG_KEEP_ALL))
		r = check_deadline(config, err);
	*ret = (struct sched_attr){
		.size = sizeof(*ret),
		.sched_policy = policy->number,
		.sched_flags = flag_bits,
		.sched_nice = config->nice.value,
		.sched_priority = (uint32_t) config->priority.value,
		.sched_runtime = config->runtime.value,
		.sched_deadline = config->deadline.value,
		.sched_period = config->period.value,
	};
	return r;
}

int scheduler_check(const struct oci_scheduler *config, struct error *err)
{
	struct sched_attr attr;

	return config ? parse(config, &attr, err) : 0;
}

int scheduler_apply(const struct oci_scheduler *config, struct error *err)
{
	struct sched_attr attr;
	int r;

	if (!config)
		return 0;
	r = parse(config, &attr, err);
	if (r < 0)
		return r;
	if (syscall(SYS_sched_setattr, 0, &attr, 0) < 0)
		return fail_errno(err, "set the scheduling policy '%s'", config->policy);
	return 0;
}
