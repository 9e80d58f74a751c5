/* settings.c - tests of src/cgroup/settings.c and settings_list.c */
#include "cgroup/settings.h"

#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "tests/unit/cgroup/suites.h"

/* clang-format off */
#define ON(n) { .is_set = true, .value = (n) }
#define MEMORY(...) { .memory = &(struct oci_memory) { __VA_ARGS__ } }
#define CPU(...) { .cpu = &(struct oci_cpu) { __VA_ARGS__ } }
#define PIDS(...) { .pids = &(struct oci_pids) { __VA_ARGS__ } }
#define IO(...) { .block_io = &(struct oci_block_io) { __VA_ARGS__ } }
#define HUGE(...) { .hugepage_limits = { 1, (struct oci_hugepage[]) { { __VA_ARGS__ } } } }
#define RDMA(...)                                                                                  \
	{ .rdma = { 1, (struct oci_rdma[]) { { __VA_ARGS__ } }, (char *[]) { (char *) "mlx" } } }
#define UNIFIED(name, value)                                                                       \
	{ .unified = { 1, (struct oci_pair[]) { { (char *) name, (char *) value } } } }
#define THROTTLE(major, minor, rate) { 1, (struct oci_throttle_device[]) { { major, minor, rate } } }
#define WEIGHTS(major, minor, w)                                                                   \
	{ .n = 1, .items = (struct oci_weight_device[]) { { major, minor, ON(w), { 0 } } } }
/* clang-format on */

/* What is written, one setting a line: member (without "linux.resources."), '!' for a limit that
 * must be written or '?' for a default, file=value, and the alternative behind '|'. */
static int describe(const struct setting *s, void *arg, struct error *err)
{
	struct str *out = arg;

	(void) err;
	str_printf(out, "%s%s %s%s=%s", out->len ? "\n" : "",
		   str_after(s->where, "linux.resources."), s->is_limit ? "!" : "?", s->file,
		   s->value);
	if (s->other_file)
		str_printf(out, "|%s=%s", s->other_file, s->other_value);
	if (s->controller != controller_of_file(s->file))
		str_printf(out, " (of another controller)");
	return 0;
}

/* clang-format off */
static const struct row {
	struct oci_resources r;
	const char *settings;
} rows[] = {
	{ { .memory = NULL }, "" },
	{ MEMORY(.limit = ON(1048576)), "memory.limit !memory.max=1048576" },
	{ MEMORY(.limit = ON(0)), "" },
	{ MEMORY(.limit = ON(-1)),
	  "memory.limit ?memory.max=max\nmemory.swap ?memory.swap.max=max" },
	{ MEMORY(.limit = ON(INT64_MAX)), "memory.limit !memory.max=9223372036854775807" },
	{ MEMORY(.reservation = ON(4096)), "memory.reservation !memory.low=4096" },
	{ MEMORY(.limit = ON(100), .swap = ON(150)),
	  "memory.limit !memory.max=100\nmemory.swap !memory.swap.max=50" },
	{ MEMORY(.limit = ON(100), .swap = ON(100)),
	  "memory.limit !memory.max=100\nmemory.swap ?memory.swap.max=0" },
	{ MEMORY(.swap = ON(-1)), "memory.swap ?memory.swap.max=max" },
	{ MEMORY(.kernel = ON(5), .swappiness = ON(60), .disable_oom_killer = ON(true)), "" },

	{ CPU(.shares = ON(1024)), "cpu.shares ?cpu.weight=100" },
	{ CPU(.shares = ON(512)), "cpu.shares !cpu.weight=59" },
	{ CPU(.shares = ON(0)), "" },
	{ CPU(.idle = ON(1), .shares = ON(1024)), "cpu.idle !cpu.idle=1" },
	{ CPU(.idle = ON(0), .shares = ON(2)), "cpu.idle ?cpu.idle=0\ncpu.shares !cpu.weight=1" },
	{ CPU(.quota = ON(50000), .period = ON(100000)), "cpu.quota !cpu.max=50000 100000" },
	{ CPU(.quota = ON(50000)), "cpu.quota !cpu.max=50000" },
	{ CPU(.quota = ON(-1)), "cpu.quota ?cpu.max=max" },
	{ CPU(.quota = ON(-1), .period = ON(20000)), "cpu.quota ?cpu.max=max 20000" },
	{ CPU(.quota = ON(0), .period = ON(20000)), "cpu.period ?cpu.max=max 20000" },
	{ CPU(.quota = ON(5000), .burst = ON(1000)),
	  "cpu.quota !cpu.max=5000\ncpu.burst !cpu.max.burst=1000" },
	{ CPU(.burst = ON(0)), "cpu.burst ?cpu.max.burst=0" },
	{ CPU(.realtime_runtime = ON(0), .realtime_period = ON(0)), "" },
	{ CPU(.cpus = (char *) "0-1", .mems = (char *) "0"),
	  "cpu.cpus !cpuset.cpus=0-1\ncpu.mems !cpuset.mems=0" },
	{ CPU(.cpus = (char *) "", .mems = NULL), "" },

	{ PIDS(.limit = ON(32)), "pids.limit !pids.max=32" },
	{ PIDS(.limit = ON(0)), "pids.limit ?pids.max=max" },
	{ PIDS(.limit = ON(-1)), "pids.limit ?pids.max=max" },
	{ PIDS(.limit = { 0 }), "" },

	{ IO(.weight = ON(500)), "blockIO.weight !io.bfq.weight=500|io.weight=4950" },
	{ IO(.weight = ON(0)), "" },
	{ IO(.weight_device = WEIGHTS(8, 16, 100)),
	  "blockIO.weightDevice[0] !io.bfq.weight=8:16 100|io.weight=8:16 910" },
	{ IO(.throttle_read_bps_device = THROTTLE(8, 0, 1048576)),
	  "blockIO.throttleReadBpsDevice[0] !io.max=8:0 rbps=1048576" },
	{ IO(.throttle_write_bps_device = THROTTLE(8, 0, 7)),
	  "blockIO.throttleWriteBpsDevice[0] !io.max=8:0 wbps=7" },
	{ IO(.throttle_read_iops_device = THROTTLE(8, 0, UINT64_MAX)),
	  "blockIO.throttleReadIOPSDevice[0] !io.max=8:0 riops=18446744073709551615" },
	{ IO(.throttle_write_iops_device = THROTTLE(8, 0, 0)),
	  "blockIO.throttleWriteIOPSDevice[0] ?io.max=8:0 wiops=max" },

	{ HUGE((char *) "2MB", 4194304),
	  "hugepageLimits[0] !hugetlb.2MB.max=4194304\n"
	  "hugepageLimits[0] ?hugetlb.2MB.rsvd.max=4194304" },
	{ RDMA(ON(2), ON(2000)), "rdma[\"mlx\"] !rdma.max=mlx hca_handle=2 hca_object=2000" },
	{ RDMA({ 0 }, ON(0)), "rdma[\"mlx\"] !rdma.max=mlx hca_object=0" },
	{ UNIFIED("memory.high", "max"), "unified[\"memory.high\"] !memory.high=max" },
	{ UNIFIED("cgroup.max.depth", "3"), "unified[\"cgroup.max.depth\"] !cgroup.max.depth=3" },
	{ UNIFIED("cpuset.cpus", "\n"), "unified[\"cpuset.cpus\"] !cpuset.cpus=\n" },
	{ UNIFIED("io.weight", "default 50\n8:0 70 \n\n 8:16 90\n"),
	  "unified[\"io.weight\"] !io.weight=default 50\n"
	  "unified[\"io.weight\"] !io.weight=8:0 70\n"
	  "unified[\"io.weight\"] !io.weight=8:16 90" },
};

static const struct bad_row {
	struct oci_resources r;
	const char *where;
	const char *message;
} bad_rows[] = {
	{ MEMORY(.limit = ON(-2)), "linux.resources.memory.limit", "neither a limit nor -1" },
	{ MEMORY(.swap = ON(5)), "linux.resources.memory.swap", "needs a memory.limit" },
	{ CPU(.quota = ON(-7)), "linux.resources.cpu.quota", "neither a time nor -1" },
	{ CPU(.idle = ON(2)), "linux.resources.cpu.idle", "neither 0 nor 1" },
	{ CPU(.realtime_runtime = ON(1)), "linux.resources.cpu.realtimeRuntime", "no limits for realtime" },
	{ CPU(.realtime_period = ON(1)), "linux.resources.cpu.realtimePeriod", "no limits for realtime" },
	{ IO(.weight = ON(9)), "linux.resources.blockIO.weight", "the weight 9 is not between 10 and 1000" },
	{ IO(.weight = ON(1001)), "linux.resources.blockIO.weight", "the weight 1001 is not between" },
	{ IO(.weight_device = WEIGHTS(8, 16, 9)), "linux.resources.blockIO.weightDevice[0]", "the weight 9 is not between" },
	{ IO(.weight_device = WEIGHTS(4096, 0, 5)), "linux.resources.blockIO.weightDevice[0]", "no device has the number 4096:0" },
	{ IO(.throttle_read_bps_device = THROTTLE(8, -1, 1)), "linux.resources.blockIO.throttleReadBpsDevice[0]", "number 8:-1" },
	{ HUGE((char *) "../2MB", 1), "linux.resources.hugepageLimits[0]", "not a page size" },
	{ RDMA({ 0 }, { 0 }), "linux.resources.rdma[\"mlx\"]", "neither hcaHandles nor hcaObjects" },
	{ UNIFIED("../memory.max", "1"), "linux.resources.unified[\"../memory.max\"]", "not the name of a cgroup's file" },
	{ UNIFIED("", "1"), "linux.resources.unified[\"\"]", "not the name of a cgroup's file" },
	{ UNIFIED(".", "1"), "linux.resources.unified[\".\"]", "not the name of a cgroup's file" },
	{ UNIFIED("cgroup.procs", "1"), "linux.resources.unified[\"cgroup.procs\"]", "limits nothing" },
	{ UNIFIED("cgroup.threads", "1"), "linux.resources.unified[\"cgroup.threads\"]", "limits nothing" },
	{ UNIFIED("cgroup.freeze", "1"), "linux.resources.unified[\"cgroup.freeze\"]", "limits nothing" },
	{ UNIFIED("cgroup.kill", "1"), "linux.resources.unified[\"cgroup.kill\"]", "limits nothing" },
};
/* clang-format on */

START_TEST(good)
{
	struct error err = { 0 };
	struct str out = { 0 };
	int rc = settings_walk(&rows[_i].r, describe, &out, &err);

	ck_assert_msg(rc == 0, "%s", err.text);
	ck_assert_str_eq(out.data ? out.data : "", rows[_i].settings);
	str_release(&out);
}
END_TEST

START_TEST(bad)
{
	const struct bad_row *r = &bad_rows[_i];
	struct error err = { 0 };
	struct str out = { 0 };

	ck_assert_int_eq(settings_walk(&r->r, describe, &out, &err), -EINVAL);
	ck_assert_int_eq(err.class, ERROR_CONFIG);
	ck_assert_str_eq(err.where, r->where);
	ck_assert_msg(strstr(err.text, r->message) != NULL, "%s", err.text);
	str_release(&out);
}
END_TEST

/* unified comes last, in the document's order, so that it can override. */
START_TEST(order)
{
	struct oci_memory memory = { .limit = ON(100) };
	struct oci_pair pairs[] = {
		{ (char *) "memory.max", (char *) "7" },
		{ (char *) "cpu.weight", (char *) "3" },
	};
	struct oci_resources r = { .memory = &memory, .unified = { 2, pairs } };
	struct error err = { 0 };
	struct str out = { 0 };

	ck_assert_int_eq(settings_walk(&r, describe, &out, &err), 0);
	ck_assert_str_eq(out.data, "memory.limit !memory.max=100\n"
				   "unified[\"memory.max\"] !memory.max=7\n"
				   "unified[\"cpu.weight\"] !cpu.weight=3");
	str_release(&out);
}
END_TEST

static int stop(const struct setting *s, void *arg, struct error *err)
{
	++*(int *) arg;
	return fail_at(err, EBUSY, s->where, "no more");
}

START_TEST(visitor_ends_walk)
{
	struct oci_memory memory = { .limit = ON(100), .reservation = ON(50) };
	struct oci_resources r = { .memory = &memory };
	struct error err = { 0 };
	int calls = 0;

	ck_assert_int_eq(settings_walk(&r, stop, &calls, &err), -EBUSY);
	ck_assert_int_eq(calls, 1);
	ck_assert_int_eq(settings_walk(NULL, stop, &calls, &err), 0);
	ck_assert_int_eq(calls, 1);
}
END_TEST

Suite *cgroup_settings_suite(void)
{
	Suite *s = suite_create("cgroup/settings");
	TCase *t = tcase_create("settings");

	tcase_add_loop_test(t, good, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(t, bad, 0, ARRAY_SIZE(bad_rows));
	tcase_add_test(t, order);
	tcase_add_test(t, visitor_ends_walk);
	suite_add_tcase(s, t);
	return s;
}
