/* rdt_stats.c - see rdt_stats.h */
#include "linux/rdt_stats.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "libocispec/desc.h"
#include "libocispec/document.h"
#include "linux/rdt_schemata.h"

/* clang-format off */
static OCI_DESC(rdt_cache_info,
	OCI_F(rdt_cache_info, cbm_mask,     "cbm_mask"),
	OCI_F(rdt_cache_info, min_cbm_bits, "min_cbm_bits"),
	OCI_F(rdt_cache_info, num_closids,  "num_closids"));

static OCI_DESC(rdt_bandwidth_info,
	OCI_F(rdt_bandwidth_info, bandwidth_gran, "bandwidth_gran"),
	OCI_F(rdt_bandwidth_info, delay_linear,   "delay_linear"),
	OCI_F(rdt_bandwidth_info, min_bandwidth,  "min_bandwidth"),
	OCI_F(rdt_bandwidth_info, num_closids,    "num_closids"));

static OCI_DESC(rdt_bandwidth_use,
	OCI_F(rdt_bandwidth_use, total, "mbm_total_bytes", PRINTED),
	OCI_F(rdt_bandwidth_use, local, "mbm_local_bytes", PRINTED));

static OCI_DESC(rdt_cache_use,
	OCI_F(rdt_cache_use, occupancy, "llc_occupancy", PRINTED));

static OCI_DESC(rdt_stats,
	OCI_O(rdt_stats, cache,                 "l3_cache_info", rdt_cache_info),
	OCI_F(rdt_stats, cache_schema_root,     "l3_cache_schema_root"),
	OCI_F(rdt_stats, cache_schema,          "l3_cache_schema"),
	OCI_O(rdt_stats, bandwidth,             "mem_bw_info", rdt_bandwidth_info),
	OCI_F(rdt_stats, bandwidth_schema_root, "mem_bw_schema_root"),
	OCI_F(rdt_stats, bandwidth_schema,      "mem_bw_schema"),
	OCI_L(rdt_stats, bandwidth_use,         "mbm_stats", rdt_bandwidth_use),
	OCI_L(rdt_stats, cache_use,             "cmt_stats", rdt_cache_use));
/* clang-format on */

/* 0 too for what is no number: "Unavailable" right after a group was made. */
static uint64_t read_number(const char *directory, const char *name)
{
	auto_free char *path = xasprintf("%s/%s", directory, name);
	uint64_t number = 0;
	char text[32];

	if (file_peek(AT_FDCWD, path, text, sizeof(text)) > 0)
		parse_u64(text, UINT64_MAX, &number);
	return number;
}

static bool has_file(const char *directory, const char *name)
{
	auto_free char *path = xasprintf("%s/%s", directory, name);

	return access(path, F_OK) == 0;
}

static void read_cache(const char *root, struct rdt_stats *ret)
{
	auto_free char *directory = xasprintf("%s/info/L3", root);
	auto_free char *path = xasprintf("%s/cbm_mask", directory);
	char mask[128];

	if (file_peek(AT_FDCWD, path, mask, sizeof(mask)) <= 0)
		return;
	ret->cache = xcalloc(1, sizeof(*ret->cache));
	ret->cache->cbm_mask = xstrdup(mask);
	ret->cache->min_cbm_bits = read_number(directory, "min_cbm_bits");
	ret->cache->num_closids = read_number(directory, "num_closids");
}

static void read_bandwidth(const char *root, struct rdt_stats *ret)
{
	auto_free char *directory = xasprintf("%s/info/MB", root);

	if (access(directory, F_OK) < 0)
		return;
	ret->bandwidth = xcalloc(1, sizeof(*ret->bandwidth));
	ret->bandwidth->bandwidth_gran = read_number(directory, "bandwidth_gran");
	ret->bandwidth->delay_linear = read_number(directory, "delay_linear");
	ret->bandwidth->min_bandwidth = read_number(directory, "min_bandwidth");
	ret->bandwidth->num_closids = read_number(directory, "num_closids");
}

static void read_schemata(const char *group, char **ret_cache, char **ret_bandwidth)
{
	auto_free char *text = NULL;
	struct error ignored;

	if (rdt_schemata_read(group, &text, &ignored) < 0)
		return;
	*ret_cache = rdt_schemata_find(text, "L3");
	*ret_bandwidth = rdt_schemata_find(text, "MB");
}

static int is_cache(const struct dirent *entry)
{
	return str_after(entry->d_name, "mon_L3_") != NULL;
}

/* The directories of the third-level caches, in order. */
static void read_use(const char *group, struct rdt_stats *ret)
{
	auto_free char *top = xasprintf("%s/mon_data", group);
	struct dirent **entries = NULL;
	int n = scandir(top, &entries, is_cache, versionsort);

	if (n <= 0)
		return;
	ret->bandwidth_use.items = xcalloc((size_t) n, sizeof(*ret->bandwidth_use.items));
	ret->cache_use.items = xcalloc((size_t) n, sizeof(*ret->cache_use.items));
	for (int i = 0; i < n; i++) {
		auto_free char *directory = xasprintf("%s/%s", top, entries[i]->d_name);
		struct rdt_bandwidth_use *bandwidth = &ret->bandwidth_use.items[i];

		if (has_file(directory, "mbm_total_bytes") ||
		    has_file(directory, "mbm_local_bytes"))
			ret->bandwidth_use.n = (size_t) i + 1;
		if (has_file(directory, "llc_occupancy"))
			ret->cache_use.n = (size_t) i + 1;
		bandwidth->total = read_number(directory, "mbm_total_bytes");
		bandwidth->local = read_number(directory, "mbm_local_bytes");
		ret->cache_use.items[i].occupancy = read_number(directory, "llc_occupancy");
		free(entries[i]);
	}
	free(entries);
}

void rdt_stats_read(const struct intel_rdt *place, struct rdt_stats *ret)
{
	*ret = (struct rdt_stats){ 0 };
	if (!place->group || access(place->group, F_OK) < 0)
		return;
	read_cache(place->root, ret);
	read_bandwidth(place->root, ret);
	read_schemata(place->root, &ret->cache_schema_root, &ret->bandwidth_schema_root);
	read_schemata(place->group, &ret->cache_schema, &ret->bandwidth_schema);
	read_use(place->monitor ? place->monitor : place->group, ret);
}

void rdt_stats_release(struct rdt_stats *stats)
{
	oci_release(&rdt_stats_desc, stats);
}

int rdt_stats_print(const struct rdt_stats *stats, struct str *json, struct error *err)
{
	auto_free char *text = NULL;
	size_t len;
	int r = oci_print(&rdt_stats_desc, stats, OCI_PRINT_COMPACT, &text, &len);

	if (r < 0)
		return fail(err, -r, "print the statistics of resctrl: %s", strerror(-r));
	str_append(json, text, len);
	return 0;
}
