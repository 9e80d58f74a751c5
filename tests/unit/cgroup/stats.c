/* stats.c - tests of src/cgroup/stats.c, with files that play a cgroup's */
#include "cgroup/stats.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/cgroup/scratch.h"
#include "tests/unit/cgroup/suites.h"

static struct cgroup cgroup;
static struct cgroup_stats stats;

static void setup(void)
{
	scratch_setup();
	scratch_write("cgroup.procs", "");
	cgroup = scratch_cgroup();
}

static void teardown(void)
{
	cgroup_stats_release(&stats);
	cgroup_release(&cgroup);
	scratch_teardown();
}

static void read_all(void)
{
	struct error err = { 0 };

	ck_assert_msg(cgroup_stats_read(&cgroup, &stats, &err) == 0, "%s", err.text);
}

START_TEST(without_controllers_all_is_zero)
{
	static const struct cgroup_stats zero;

	read_all();
	ck_assert_mem_eq(&stats, &zero, sizeof(stats));
}
END_TEST

START_TEST(cpu)
{
	scratch_write("cpu.stat", "usage_usec 3000000\nuser_usec 2000000\nsystem_usec 1000000\n"
				  "core_sched.force_idle_usec 77\nnr_periods 10\nnr_throttled 4\n"
				  "throttled_usec 5\nnr_bursts 0\nburst_usec 0\n");
	scratch_write("cpu.pressure", "some avg10=1.02 avg60=20.30 avg300=100.00 total=12345\n"
				      "full avg10=0.00 avg60=0.05 avg300=0.50 total=678\n");
	read_all();
	ck_assert_uint_eq(stats.cpu.usage, 3000000000);
	ck_assert_uint_eq(stats.cpu.user, 2000000000);
	ck_assert_uint_eq(stats.cpu.system, 1000000000);
	ck_assert_uint_eq(stats.cpu.periods, 10);
	ck_assert_uint_eq(stats.cpu.throttled_periods, 4);
	ck_assert_uint_eq(stats.cpu.throttled, 5000);
	ck_assert(stats.cpu.pressure.is_known);
	ck_assert_uint_eq(stats.cpu.pressure.some.avg10, 102);
	ck_assert_uint_eq(stats.cpu.pressure.some.avg60, 2030);
	ck_assert_uint_eq(stats.cpu.pressure.some.avg300, 10000);
	ck_assert_uint_eq(stats.cpu.pressure.some.total, 12345);
	ck_assert_uint_eq(stats.cpu.pressure.full.avg60, 5);
	ck_assert_uint_eq(stats.cpu.pressure.full.avg300, 50);
	ck_assert_uint_eq(stats.cpu.pressure.full.total, 678);
}
END_TEST

START_TEST(memory)
{
	scratch_write("memory.current", "4096\n");
	scratch_write("memory.max", "max\n");
	scratch_write("memory.peak", "8192\n");
	scratch_write("memory.events", "low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\n");
	scratch_write("memory.swap.current", "10\n");
	scratch_write("memory.swap.max", "100\n");
	scratch_write("memory.stat", "anon 1\nfile 22\nkernel 3\nkernel_stack 4\nfile_mapped 5\n");
	read_all();
	ck_assert_uint_eq(stats.memory.memory.usage, 4096);
	ck_assert_uint_eq(stats.memory.memory.limit, STATS_NO_LIMIT);
	ck_assert_uint_eq(stats.memory.memory.max, 8192);
	ck_assert_uint_eq(stats.memory.memory.failures, 2);
	ck_assert_uint_eq(stats.memory.swap.usage, 10);
	ck_assert_uint_eq(stats.memory.swap.limit, 100);
	ck_assert_uint_eq(stats.memory.cache, 22);
	ck_assert_uint_eq(stats.memory.kernel, 3);
	ck_assert_uint_eq(stats.memory.n, 5);
	ck_assert_str_eq(stats.memory.counters[3].name, "kernel_stack");
	ck_assert_uint_eq(stats.memory.counters[3].value, 4);
	ck_assert_uint_eq(cgroup_counter_read(cgroup.fd, "memory.events", "oom_kill"), 4);
	ck_assert_uint_eq(cgroup_counter_read(cgroup.fd, "memory.events", "kill"), 0);
	ck_assert_uint_eq(cgroup_counter_read(cgroup.fd, "no.such.file", "max"), 0);
}
END_TEST

START_TEST(pids)
{
	scratch_write("pids.current", "3\n");
	scratch_write("pids.max", "7\n");
	read_all();
	ck_assert_uint_eq(stats.pids.current, 3);
	ck_assert_uint_eq(stats.pids.limit, 7);
}
END_TEST

START_TEST(io)
{
	scratch_write("io.stat",
		      "8:16 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n"
		      "253:0 rbytes=18446744073709551615 wbytes=0 rios=1 wios=0 dbytes=0 dios=0\n"
		      "8:0\n");
	read_all();
	ck_assert_uint_eq(stats.io.n, 3);
	ck_assert_uint_eq(stats.io.devices[0].major, 8);
	ck_assert_uint_eq(stats.io.devices[0].minor, 16);
	ck_assert_uint_eq(stats.io.devices[0].read_bytes, 1);
	ck_assert_uint_eq(stats.io.devices[0].write_bytes, 2);
	ck_assert_uint_eq(stats.io.devices[0].reads, 3);
	ck_assert_uint_eq(stats.io.devices[0].writes, 4);
	ck_assert_uint_eq(stats.io.devices[0].discard_bytes, 5);
	ck_assert_uint_eq(stats.io.devices[0].discards, 6);
	ck_assert_uint_eq(stats.io.devices[1].read_bytes, UINT64_MAX);
	ck_assert_uint_eq(stats.io.devices[2].reads, 0);
}
END_TEST

START_TEST(hugetlb)
{
	scratch_write("hugetlb.2MB.current", "1\n");
	scratch_write("hugetlb.2MB.max", "2\n");
	scratch_write("hugetlb.2MB.events", "max 3\n");
	read_all();
	ck_assert_uint_eq(stats.hugetlb.n, 1);
	ck_assert_str_eq(stats.hugetlb.sizes[0].page_size, "2MB");
	ck_assert_uint_eq(stats.hugetlb.sizes[0].pages.usage, 1);
	ck_assert_uint_eq(stats.hugetlb.sizes[0].pages.limit, 2);
	ck_assert_uint_eq(stats.hugetlb.sizes[0].pages.failures, 3);
	cgroup_stats_release(&stats);

	scratch_write("hugetlb.2MB.rsvd.current", "11\n");
	scratch_write("hugetlb.2MB.rsvd.max", "22\n");
	read_all();
	ck_assert_uint_eq(stats.hugetlb.n, 1);
	ck_assert_uint_eq(stats.hugetlb.sizes[0].pages.usage, 11);
	ck_assert_uint_eq(stats.hugetlb.sizes[0].pages.limit, 22);
	ck_assert_uint_eq(stats.hugetlb.sizes[0].pages.failures, 3);
}
END_TEST

START_TEST(one_that_has_gone)
{
	struct error err = { 0 };

	scratch_remove("cgroup.procs");
	ck_assert_int_eq(cgroup_stats_read(&cgroup, &stats, &err), -ENOENT);
	ck_assert_int_eq(err.class, ERROR_CGROUP);
}
END_TEST

Suite *cgroup_stats_suite(void)
{
	Suite *s = suite_create("cgroup/stats");
	TCase *t = tcase_create("stats");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, without_controllers_all_is_zero);
	tcase_add_test(t, cpu);
	tcase_add_test(t, memory);
	tcase_add_test(t, pids);
	tcase_add_test(t, io);
	tcase_add_test(t, hugetlb);
	tcase_add_test(t, one_that_has_gone);
	suite_add_tcase(s, t);
	return s;
}
