/* rdt_stats.c - tests of src/linux/rdt_stats.c, in a directory that is like resctrl */
#include "linux/rdt_stats.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "linux/rdt_schemata.h"
#include "tests/unit/linux/rdtbox.h"
#include "tests/unit/linux/suites.h"

static const char *const root = rdtbox;

static void make(const char *name)
{
	auto_free char *path = xasprintf("%s/%s", root, name);

	ck_assert_int_eq(mkdir(path, 0755), 0);
}

/* What is printed of a class, or of a monitoring group in it. */
static const char *said(const char *group, const char *monitor)
{
	static char text[1024];
	const struct intel_rdt place = { .root = rdtbox,
					 .group = xasprintf("%s/%s", root, group),
					 .monitor = monitor ? xasprintf("%s/%s", root, monitor)
							    : NULL };
	auto_rdt_stats stats;
	auto_str json = { 0 };
	struct error err;

	rdt_stats_read(&place, &stats);
	free(place.group);
	free(place.monitor);
	ck_assert_int_eq(rdt_stats_print(&stats, &json, &err), 0);
	snprintf(text, sizeof(text), "%s", json.data);
	return text;
}

START_TEST(all)
{
	static const char *const directories[] = { "info",
						   "info/L3",
						   "info/MB",
						   "gold",
						   "gold/mon_data",
						   "gold/mon_data/mon_L3_00",
						   "gold/mon_groups",
						   "gold/mon_groups/box",
						   "gold/mon_groups/box/mon_data",
						   "gold/mon_groups/box/mon_data/mon_L3_11",
						   "gold/mon_groups/box/mon_data/mon_L3_100",
						   "gold/mon_groups/box/mon_data/mon_L3_01",
						   "gold/mon_groups/box/mon_data/mon_L3_00",
						   "gold/mon_groups/box/mon_data/mon_other" };
	static const char *const files[][2] = {
		{ "info/L3/cbm_mask", "fffff\n" },
		{ "info/L3/min_cbm_bits", "2\n" },
		{ "info/L3/num_closids", "16\n" },
		{ "info/MB/bandwidth_gran", "10\n" },
		{ "info/MB/delay_linear", "1\n" },
		{ "info/MB/min_bandwidth", "20\n" },
		{ "info/MB/num_closids", "8\n" },
		{ "schemata", "    MB:0=100;1=100\n    L3:0=fffff;1=fffff\n" },
		{ "gold/schemata", "    L3:0=0000f;1=fffff\n    MB:0= 30;1=100\n" },
		{ "gold/mon_data/mon_L3_00/llc_occupancy", "4096\n" },
		{ "gold/mon_groups/box/mon_data/mon_L3_00/llc_occupancy", "1\n" },
		{ "gold/mon_groups/box/mon_data/mon_L3_00/mbm_total_bytes",
		  "18446744073709551615\n" },
		{ "gold/mon_groups/box/mon_data/mon_L3_00/mbm_local_bytes", "3\n" },
		{ "gold/mon_groups/box/mon_data/mon_L3_01/llc_occupancy", "4\n" },
		{ "gold/mon_groups/box/mon_data/mon_L3_11/llc_occupancy", "5\n" },
		{ "gold/mon_groups/box/mon_data/mon_L3_100/llc_occupancy", "6\n" },
		{ "gold/mon_groups/box/mon_data/mon_L3_01/mbm_total_bytes", "Unavailable\n" },
		{ "gold/mon_groups/box/mon_data/mon_L3_01/mbm_local_bytes", "6\n" },
	};
#define SCHEMATA                                                                                      \
	"{\"l3_cache_info\":{\"cbm_mask\":\"fffff\",\"min_cbm_bits\":2,\"num_closids\":16},"          \
	"\"l3_cache_schema_root\":\"L3:0=fffff;1=fffff\",\"l3_cache_schema\":\"L3:0=0000f;1=fffff\"," \
	"\"mem_bw_info\":{\"bandwidth_gran\":10,\"delay_linear\":1,\"min_bandwidth\":20,"             \
	"\"num_closids\":8},"                                                                         \
	"\"mem_bw_schema_root\":\"MB:0=100;1=100\",\"mem_bw_schema\":\"MB:0= 30;1=100\","

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		make(directories[i]);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		rdtbox_put(files[i][0], files[i][1]);
	ck_assert_str_eq(said("gold", "gold/mon_groups/box"), SCHEMATA
			 "\"mbm_stats\":["
			 "{\"mbm_total_bytes\":18446744073709551615,\"mbm_local_bytes\":3},"
			 "{\"mbm_total_bytes\":0,\"mbm_local_bytes\":6}],"
			 "\"cmt_stats\":[{\"llc_occupancy\":1},{\"llc_occupancy\":4},"
			 "{\"llc_occupancy\":5},{\"llc_occupancy\":6}]}");
	ck_assert_str_eq(said("gold", NULL), SCHEMATA "\"cmt_stats\":[{\"llc_occupancy\":4096}]}");
	/* it has gone meanwhile, or was never there */
	ck_assert_str_eq(said("silver", NULL), "{}");
}
END_TEST

START_TEST(nothing_is_watched)
{
	make("gold");
	rdtbox_put("schemata", "L3:0=f\n");
	rdtbox_put("gold/schemata", "L3:0=1\n");
	ck_assert_str_eq(said("gold", NULL),
			 "{\"l3_cache_schema_root\":\"L3:0=f\",\"l3_cache_schema\":\"L3:0=1\"}");
}
END_TEST

START_TEST(lines_of_a_resource)
{
	static const char file[] =
		"    L2:0=1\n  L3CODE:0=f;1=f\n  L3DATA:0=f0;1=f\nL3X:0=7\nMB:0=10\n";
	auto_free char *cache = rdt_schemata_find(file, "L3");
	auto_free char *bandwidth = rdt_schemata_find(file, "MB");

	ck_assert_str_eq(cache, "L3CODE:0=f;1=f\nL3DATA:0=f0;1=f");
	ck_assert_str_eq(bandwidth, "MB:0=10");
	ck_assert_ptr_null(rdt_schemata_find(file, "L"));
	ck_assert_ptr_null(rdt_schemata_find("", "L3"));
}
END_TEST

Suite *linux_rdt_stats_suite(void)
{
	Suite *suite = suite_create("linux/rdt_stats");
	TCase *tc = tcase_create("rdt_stats");

	tcase_add_checked_fixture(tc, rdtbox_make, rdtbox_remove);
	tcase_add_test(tc, all);
	tcase_add_test(tc, nothing_is_watched);
	tcase_add_test(tc, lines_of_a_resource);
	suite_add_tcase(suite, tc);
	return suite;
}
