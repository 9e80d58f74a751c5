/* property_resources.c - tests of src/cgroup/property_resources.c and property_devices.c */
#include "cgroup/property_resources.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cgroup/property_text.h"
#include "tests/unit/cgroup/suites.h"

/* clang-format off */
#define I64(n) { .is_set = true, .value = n }
/* clang-format on */

/* The whole list as one line, "; " between properties. */
static char *print_all(const struct property_list *list)
{
	struct str s = { 0 };

	str_append(&s, "", 0);
	for (size_t i = 0; i < list->n; i++) {
		auto_free char *one = property_text_print(&list->items[i]);

		str_printf(&s, "%s%s", i ? "; " : "", one);
	}
	return s.data ? s.data : xstrdup("");
}

static void expect(const struct oci_resources *resources, uint64_t period, const char *expected)
{
	auto_property_list list = { 0 };
	struct error err = { 0 };
	auto_free char *printed = NULL;

	ck_assert_msg(properties_of_resources(resources, period, &list, &err) == 0, "%s", err.text);
	printed = print_all(&list);
	ck_assert_str_eq(printed, expected);
}

START_TEST(memory_and_pids)
{
	struct oci_memory memory = { .limit = I64(1 << 20),
				     .reservation = I64(4096),
				     .swap = I64(3 << 20) };
	struct oci_pids pids = { .limit = I64(7) };
	struct oci_resources r = { .memory = &memory, .pids = &pids };

	expect(NULL, CPU_PERIOD_DEFAULT_US, "");
	expect(&r, CPU_PERIOD_DEFAULT_US,
	       "MemoryMax=@t 1048576; MemoryLow=@t 4096; MemorySwapMax=@t 2097152; TasksMax=@t 7");
	memory = (struct oci_memory){ .limit = I64(-1) };
	pids.limit.value = -1;
	expect(&r, CPU_PERIOD_DEFAULT_US,
	       "MemoryMax=@t 18446744073709551615; MemorySwapMax=@t 18446744073709551615; "
	       "TasksMax=@t 18446744073709551615");
}
END_TEST

/* clang-format off */
static const struct {
	int64_t quota;
	uint64_t period;	/* in the configuration; 0: absent */
	uint64_t current;	/* the cgroup's */
	const char *expected;
} quotas[] = {
	{ 50000,  0,      100000, "CPUQuotaPerSecUSec=@t 500000" },
	{ 50000,  0,      200000, "CPUQuotaPerSecUSec=@t 250000" },
	{ 50000,  100000, 1,      "CPUQuotaPerSecUSec=@t 500000; CPUQuotaPeriodUSec=@t 100000" },
	{ 150000, 100000, 1,      "CPUQuotaPerSecUSec=@t 1500000; CPUQuotaPeriodUSec=@t 100000" },
	{ 9000,   100000, 1,      "CPUQuotaPerSecUSec=@t 90000; CPUQuotaPeriodUSec=@t 100000" },
	{ 9001,   100000, 1,      "CPUQuotaPerSecUSec=@t 100000; CPUQuotaPeriodUSec=@t 100000" },
	{ 1000,   30000,  1,      "CPUQuotaPerSecUSec=@t 40000; CPUQuotaPeriodUSec=@t 30000" },
	{ -1,     100000, 1,      "CPUQuotaPerSecUSec=@t 18446744073709551615; CPUQuotaPeriodUSec=@t 100000" },
	{ 0,      50000,  1,      "CPUQuotaPerSecUSec=@t 18446744073709551615; CPUQuotaPeriodUSec=@t 50000" },
};
/* clang-format on */

START_TEST(cpu_quota)
{
	struct oci_cpu cpu = {
		.quota = { .is_set = quotas[_i].quota != 0, .value = quotas[_i].quota },
		.period = { .is_set = quotas[_i].period != 0, .value = quotas[_i].period },
	};
	struct oci_resources r = { .cpu = &cpu };

	expect(&r, quotas[_i].current, quotas[_i].expected);
}
END_TEST

START_TEST(cpu_and_sets)
{
	struct oci_cpu cpu = { .shares = { true, 1024 }, .cpus = "0-2,9", .mems = "0" };
	struct oci_resources r = { .cpu = &cpu };

	expect(&r, CPU_PERIOD_DEFAULT_US,
	       "CPUWeight=@t 100; AllowedCPUs=@ay [7, 2]; AllowedMemoryNodes=@ay [1]");
	cpu = (struct oci_cpu){ .idle = I64(1), .cpus = "nonsense" };
	expect(&r, CPU_PERIOD_DEFAULT_US, "CPUWeight@252=@t 0");
}
END_TEST

START_TEST(idle_needs_a_new_systemd)
{
	struct oci_cpu cpu = { .idle = I64(1) };
	struct oci_resources r = { .cpu = &cpu };
	auto_property_list list = { 0 };
	struct error err = { 0 };

	ck_assert_int_eq(properties_of_resources(&r, CPU_PERIOD_DEFAULT_US, &list, &err), 0);
	ck_assert_uint_eq(list.items[0].since, 252);
}
END_TEST

START_TEST(block_io)
{
	struct oci_weight_device weights[] = { { .major = 8, .minor = 0, .weight = { true, 10 } } };
	struct oci_throttle_device rates[] = { { .major = 8, .minor = 0, .rate = 1000 },
					       { .major = 8, .minor = 16, .rate = 0 } };
	struct oci_block_io io = {
		.weight = { true, 500 },
		.weight_device = { 1, weights },
		.throttle_read_bps_device = { 2, rates },
		.throttle_write_iops_device = { 1, rates },
	};
	struct oci_resources r = { .block_io = &io };

	expect(&r, CPU_PERIOD_DEFAULT_US,
	       "IOWeight=@t 4950; IODeviceWeight=@a(st) [('/dev/block/8:0', 1)]; "
	       "IOReadBandwidthMax=@a(st) [('/dev/block/8:0', 1000), ('/dev/block/8:16', "
	       "18446744073709551615)]; IOWriteIOPSMax=@a(st) [('/dev/block/8:0', 1000)]");
}
END_TEST

/* unified's files have names too, and come last; what systemd would not take is left to the files. */
START_TEST(files_of_unified_have_properties)
{
	struct oci_memory memory = { .limit = I64(1 << 20) };
	struct oci_pair pairs[] = {
		{ "memory.high", "1G" },      { "memory.max", "max" },
		{ "memory.min", "lots" },     { "cpu.weight", "10001" },
		{ "io.weight", "default 7" }, { "io.max", "8:0 rbps=1 wiops=max" },
		{ "pids.max", "0" },	      { "hugetlb.2MB.max", "0" },
		{ "cpu.max", "5 0" },	      { "memory.zswap.max", "0" },
	};
	struct oci_resources r = { .memory = &memory, .unified = { ARRAY_SIZE(pairs), pairs } };

	expect(&r, CPU_PERIOD_DEFAULT_US,
	       "MemoryMax=@t 18446744073709551615; MemoryHigh=@t 1073741824; IOWeight=@t 7; "
	       "IOReadBandwidthMax=@a(st) [('/dev/block/8:0', 1)]; "
	       "IOWriteIOPSMax=@a(st) [('/dev/block/8:0', 18446744073709551615)]; MemoryZSwapMax@253=@t 0");
}
END_TEST

START_TEST(wrong_values)
{
	struct oci_memory memory = { .limit = I64(-5) };
	struct oci_resources r = { .memory = &memory };
	auto_property_list list = { 0 };
	struct error err = { 0 };

	ck_assert_int_eq(properties_of_resources(&r, CPU_PERIOD_DEFAULT_US, &list, &err), -EINVAL);
	ck_assert_str_eq(err.where, "linux.resources.memory.limit");
}
END_TEST

static bool allows(const struct property_list *list, const char *pattern, const char *access)
{
	const struct property *p = property_find(list, "DeviceAllow");

	for (size_t i = 0; i + 1 < p->n; i += 2)
		if (str_equal(p->values[i].text, pattern) &&
		    str_equal(p->values[i + 1].text, access))
			return true;
	return false;
}

START_TEST(devices)
{
	struct oci_device_rule rules[] = {
		{ .allow = false, .access = "rwm" },
		{ .allow = true, .type = "c", .major = I64(10), .minor = I64(200), .access = "rw" },
		{ .allow = true, .type = "b", .major = I64(8), .access = "r" },
		{ .allow = true, .type = "c", .minor = I64(4), .access = "r" },
		{ .allow = false, .type = "b", .major = I64(8), .minor = I64(1), .access = "r" },
	};
	auto_property_list list = { 0 }, open = { 0 };

	properties_of_devices(rules, ARRAY_SIZE(rules), &list);
	ck_assert_str_eq(property_find(&list, "DevicePolicy")->values[0].text, "strict");
	ck_assert(allows(&list, "/dev/char/10:200", "rw"));
	ck_assert(allows(&list, "block-8", "r"));
	ck_assert(allows(&list, "char-*", "r"));
	/* what every container may: a null device, and to make nodes */
	ck_assert(allows(&list, "/dev/char/1:3", "rwm"));
	ck_assert(allows(&list, "char-*", "m"));
	ck_assert(allows(&list, "block-*", "m"));
	ck_assert(allows(&list, "char-136", "rwm"));
	ck_assert(!allows(&list, "/dev/block/8:1", "r"));

	rules[0].allow = true;
	properties_of_devices(rules, 1, &open);
	ck_assert_str_eq(property_find(&open, "DevicePolicy")->values[0].text, "auto");
	ck_assert_uint_eq(property_find(&open, "DeviceAllow")->n, 0);
}
END_TEST

Suite *cgroup_property_resources_suite(void)
{
	Suite *s = suite_create("cgroup/property_resources");
	TCase *t = tcase_create("property_resources");

	tcase_add_test(t, memory_and_pids);
	tcase_add_loop_test(t, cpu_quota, 0, ARRAY_SIZE(quotas));
	tcase_add_test(t, cpu_and_sets);
	tcase_add_test(t, idle_needs_a_new_systemd);
	tcase_add_test(t, block_io);
	tcase_add_test(t, files_of_unified_have_properties);
	tcase_add_test(t, wrong_values);
	tcase_add_test(t, devices);
	suite_add_tcase(s, t);
	return s;
}
