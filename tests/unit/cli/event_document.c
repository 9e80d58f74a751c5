/* event_document.c - tests of src/cli/event_document.c: the members that readers of runc's events know */
#include "cli/event_document.h"

#include "base/libc.h"
#include "tests/unit/cli/suites.h"

START_TEST(nothing_is_known)
{
	const struct cgroup_stats stats = { .pids.limit = STATS_NO_LIMIT,
					    .memory = { .memory.limit = STATS_NO_LIMIT,
							.swap.limit = 7 } };
	const struct rdt_stats rdt = { .cache_schema_root = (char[]){ "L3:0=f" } };
	auto_str json = { 0 };
	struct error err;

	ck_assert_int_eq(event_document_append(&stats, &rdt, &json, &err), 0);
	ck_assert_str_eq(json.data,
			 "{\"cpu\":{\"usage\":{\"total\":0,\"kernel\":0,\"user\":0},"
			 "\"throttling\":{\"periods\":0,\"throttledPeriods\":0,\"throttledTime\":0}},"
			 "\"memory\":{\"cache\":0,"
			 "\"usage\":{\"limit\":18446744073709551615,\"usage\":0,\"max\":0,\"failcnt\":0},"
			 "\"swap\":{\"limit\":18446744073709551615,\"usage\":0,\"max\":0,\"failcnt\":0},"
			 "\"kernel\":{\"limit\":0,\"usage\":0,\"failcnt\":0},"
			 "\"kernelTCP\":{\"limit\":0,\"failcnt\":0},\"raw\":{}},"
			 "\"pids\":{\"current\":0,\"limit\":0},"
			 "\"blkio\":{\"ioServiceBytesRecursive\":[],\"ioServicedRecursive\":[]},"
			 "\"hugetlb\":{}}");
}
END_TEST

/* A processor that only counts has no schemata. */
START_TEST(only_watched)
{
	const struct cgroup_stats stats = { 0 };
	struct rdt_cache_use cache = { 7 };
	struct rdt_bandwidth_use bandwidth = { 8, 9 };
	const struct rdt_stats rdts[] = {
		{ .cache_use = { 1, &cache } },
		{ .bandwidth_use = { 1, &bandwidth } },
	};
	static const char *const told[] = {
		"\"intel_rdt\":{\"cmt_stats\":[{\"llc_occupancy\":7}]}}",
		"\"intel_rdt\":{\"mbm_stats\":[{\"mbm_total_bytes\":8,\"mbm_local_bytes\":9}]}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rdts); i++) {
		auto_str json = { 0 };
		struct error err;

		ck_assert_int_eq(event_document_append(&stats, &rdts[i], &json, &err), 0);
		ck_assert_ptr_nonnull(strstr(json.data, told[i]));
	}
}
END_TEST

static bool holds(const struct cgroup_stats *stats, const char *text)
{
	const struct rdt_stats rdt = { .cache_schema = (char[]){ "L3:0=f" } };
	auto_str json = { 0 };
	struct error err;

	ck_assert_int_eq(event_document_append(stats, &rdt, &json, &err), 0);
	ck_assert_ptr_nonnull(
		strstr(json.data, "},\"intel_rdt\":{\"l3_cache_schema\":\"L3:0=f\"}}"));
	return strstr(json.data, text);
}

START_TEST(disks)
{
	struct cgroup_io devices[] = { { 8, 16, 1, 2, 3, 4, 5, 6 }, { 259, 0, 7, 0, 0, 8, 0, 0 } };
	const struct cgroup_stats stats = {
		.io = { 2, devices, { true, { 1, 203, 10000, 5 }, { 0, 0, 40, 6 } } },
	};

	ck_assert(holds(&stats, "\"blkio\":{\"ioServiceBytesRecursive\":["
				"{\"major\":8,\"minor\":16,\"op\":\"Read\",\"value\":1},"
				"{\"major\":8,\"minor\":16,\"op\":\"Write\",\"value\":2},"
				"{\"major\":8,\"minor\":16,\"op\":\"Discard\",\"value\":3},"
				"{\"major\":259,\"minor\":0,\"op\":\"Read\",\"value\":7},"
				"{\"major\":259,\"minor\":0,\"op\":\"Write\",\"value\":0},"
				"{\"major\":259,\"minor\":0,\"op\":\"Discard\",\"value\":0}],"
				"\"ioServicedRecursive\":["
				"{\"major\":8,\"minor\":16,\"op\":\"Read\",\"value\":4},"
				"{\"major\":8,\"minor\":16,\"op\":\"Write\",\"value\":5},"
				"{\"major\":8,\"minor\":16,\"op\":\"Discard\",\"value\":6},"
				"{\"major\":259,\"minor\":0,\"op\":\"Read\",\"value\":8},"));
	ck_assert(holds(&stats,
			"],\"psi\":{\"some\":{\"avg10\":0.01,\"avg60\":2.03,\"avg300\":100.00,"
			"\"total\":5},\"full\":{\"avg10\":0.00,\"avg60\":0.00,\"avg300\":0.40,"
			"\"total\":6}}},"));
}
END_TEST

START_TEST(memory_and_pages)
{
	struct cgroup_counter counters[] = { { (char *) "anon", 11 }, { (char *) "file", 12 } };
	struct cgroup_hugetlb sizes[] = { { (char *) "2MB", { 1, 2, 3, 4 } },
					  { (char *) "1GB", { 5, STATS_NO_LIMIT, 6, 7 } } };
	const struct cgroup_stats stats = {
		.memory = { { 10, 20, 30, 40 }, { 1, 2, 3, 4 }, 5, 12, 2, counters, { 0 } },
		.hugetlb = { 2, sizes },
	};

	/* as cgroup v1 counted: swap is both together */
	ck_assert(holds(&stats, "\"memory\":{\"cache\":12,"
				"\"usage\":{\"limit\":20,\"usage\":10,\"max\":30,\"failcnt\":40},"
				"\"swap\":{\"limit\":22,\"usage\":11,\"max\":0,\"failcnt\":4},"
				"\"kernel\":{\"limit\":0,\"usage\":5,\"failcnt\":0},"));
	ck_assert(holds(&stats, "\"raw\":{\"anon\":11,\"file\":12}}"));
	ck_assert(
		holds(&stats,
		      "\"hugetlb\":{\"2MB\":{\"limit\":2,\"usage\":1,\"max\":3,\"failcnt\":4},"
		      "\"1GB\":{\"limit\":18446744073709551615,\"usage\":5,\"max\":6,\"failcnt\":7}}"));
}
END_TEST

Suite *cli_event_document_suite(void)
{
	Suite *suite = suite_create("cli/event_document");
	TCase *tc = tcase_create("event_document");

	tcase_add_test(tc, nothing_is_known);
	tcase_add_test(tc, only_watched);
	tcase_add_test(tc, disks);
	tcase_add_test(tc, memory_and_pages);
	suite_add_tcase(suite, tc);
	return suite;
}
