/* property_resources.c - the files of settings.h, and what systemd calls them */
#include "cgroup/property_resources.h"

#include <string.h>

#include "base/bit_list.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "cgroup/settings.h"

#define BITS_MAX 8192 /* the kernel's largest NR_CPUS */
#define USEC_PER_SEC 1000000
#define CPU_QUOTA_STEP_US 10000 /* 1 % of a second */

struct translation {
	struct property_list *list;
	uint64_t cpu_period;
};

struct row;

/* Adds the property for one file's value; does nothing about a value that is no such thing: the
 * kernel will say so when the file is written. */
typedef void translate_function(const struct row *row, const char *value, struct translation *t);

struct row {
	const char *file;
	translate_function *translate;
	const char *name;
	uint64_t min; /* smaller numbers systemd would refuse */
	unsigned int since;
};

/* As the kernel reads it: "max", or a number that may have a suffix. */
static int parse_size(const char *value, uint64_t *ret)
{
	static const char suffixes[] = "KMGT";
	size_t len = strlen(value);
	auto_str digits = { 0 };
	const char *suffix;
	int shift = 0;

	if (strcmp(value, "max") == 0) {
		*ret = UINT64_MAX;
		return 0;
	}
	suffix = len > 0 ? strchr(suffixes, value[len - 1] & ~0x20) : NULL;
	if (suffix && *suffix) {
		shift = 10 * (int) (suffix - suffixes + 1);
		len--;
	}
	str_append(&digits, value, len);
	if (len == 0 || parse_u64(digits.data, UINT64_MAX >> shift, ret) < 0)
		return -1;
	*ret <<= shift;
	return 0;
}

static void translate_size(const struct row *row, const char *value, struct translation *t)
{
	uint64_t size;

	if (parse_size(value, &size) < 0 || size < row->min)
		return;
	property_set_number(t->list, row->name, "t", size);
	property_find(t->list, row->name)->since = row->since;
}

/* cpu.weight, and "[default] N" of io.weight. */
static void translate_weight(const struct row *row, const char *value, struct translation *t)
{
	const char *rest = str_after(value, "default ");
	uint64_t weight;

	if (parse_u64(rest ? rest : value, 10000, &weight) == 0 && weight > 0)
		property_set_number(t->list, row->name, "t", weight);
}

/* To systemd an idle unit is one whose weight is 0. */
static void translate_idle(const struct row *row, const char *value, struct translation *t)
{
	if (strcmp(value, "1") != 0)
		return;
	property_set_number(t->list, row->name, "t", 0);
	property_find(t->list, row->name)->since = row->since;
}

static uint64_t per_second(uint64_t quota, uint64_t period)
{
	uint64_t usec = quota / period * USEC_PER_SEC + quota % period * USEC_PER_SEC / period;
	uint64_t rest = usec % CPU_QUOTA_STEP_US;

	return rest ? usec + CPU_QUOTA_STEP_US - rest : usec;
}

/* "QUOTA" or "QUOTA PERIOD" of cpu.max. */
static void translate_quota(const struct row *row, const char *value, struct translation *t)
{
	const char *space = strchr(value, ' ');
	auto_str number = { 0 };
	uint64_t quota, period = t->cpu_period;

	if (space && (parse_u64(space + 1, USEC_PER_SEC, &period) < 0 || period == 0))
		return;
	str_append(&number, value, space ? (size_t) (space - value) : strlen(value));
	if (!number.data || parse_size(number.data, &quota) < 0 || quota < row->min)
		return;
	if (quota != UINT64_MAX)
		quota = per_second(quota, period);
	property_set_number(t->list, row->name, "t", quota);
	if (space)
		property_set_number(t->list, "CPUQuotaPeriodUSec", "t", period);
}

static void translate_bits(const struct row *row, const char *value, struct translation *t)
{
	unsigned long bits[BITS_MAX / BIT_LIST_WORD] = { 0 };
	size_t n = sizeof(bits);
	struct property *property;

	if (bit_list_parse(value, bits, BITS_MAX) < 0)
		return;
	property = property_add(t->list, row->name, "ay");
	property->n = 0;
	for (size_t i = 0; i < n; i++) {
		uint8_t byte = (uint8_t) (bits[i * 8 / BIT_LIST_WORD] >> (i * 8 % BIT_LIST_WORD));

		property_push_number(property, byte);
	}
	while (property->n > 1 && property->values[property->n - 1].number == 0)
		property->n--;
}

static void push_for_device(struct property_list *list, const char *name, const char *numbers,
			    size_t len, uint64_t value)
{
	struct property *property = property_add(list, name, "a(st)");
	auto_free char *path = xasprintf("/dev/block/%.*s", (int) len, numbers);

	property_push_text(property, path);
	property_push_number(property, value);
}

/* "MAJ:MIN N" for one device, else a weight for all. */
static void translate_io_weight(const struct row *row, const char *value, struct translation *t)
{
	const char *colon = strchr(value, ':');
	const char *space = strchr(value, ' ');
	uint64_t weight;

	if (!colon)
		translate_weight(row, value, t);
	else if (space && parse_u64(space + 1, 10000, &weight) == 0 && weight > 0)
		push_for_device(t->list, "IODeviceWeight", value, (size_t) (space - value), weight);
}

/* "MAJ:MIN KEY=N ..." of io.max. */
static void translate_io_max(const struct row *row, const char *value, struct translation *t)
{
	static const struct {
		const char *key;
		const char *name;
	} keys[] = {
		{ "rbps=", "IOReadBandwidthMax" },
		{ "wbps=", "IOWriteBandwidthMax" },
		{ "riops=", "IOReadIOPSMax" },
		{ "wiops=", "IOWriteIOPSMax" },
	};
	auto_free char *copy = xstrdup(value);
	char *rest = copy;
	const char *device = strsep(&rest, " ");

	for (const char *word; (word = strsep(&rest, " "));)
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
			const char *number = str_after(word, keys[i].key);
			uint64_t limit;

			if (number && parse_size(number, &limit) == 0 && limit >= row->min)
				push_for_device(t->list, keys[i].name, device, strlen(device),
						limit);
		}
}

/* clang-format off */
static const struct row rows[] = {
	{ "memory.max",       translate_size,      "MemoryMax",           1, 0 },
	{ "memory.low",       translate_size,      "MemoryLow",           0, 0 },
	{ "memory.high",      translate_size,      "MemoryHigh",          1, 0 },
	{ "memory.min",       translate_size,      "MemoryMin",           0, 0 },
	{ "memory.swap.max",  translate_size,      "MemorySwapMax",       0, 0 },
	{ "memory.zswap.max", translate_size,      "MemoryZSwapMax",      0, 253 },
	{ "pids.max",         translate_size,      "TasksMax",            1, 0 },
	{ "cpu.weight",       translate_weight,    "CPUWeight",           1, 0 },
	{ "cpu.idle",         translate_idle,      "CPUWeight",           0, 252 },
	{ "cpu.max",          translate_quota,     "CPUQuotaPerSecUSec",  1, 0 },
	{ "cpuset.cpus",      translate_bits,      "AllowedCPUs",         0, 0 },
	{ "cpuset.mems",      translate_bits,      "AllowedMemoryNodes",  0, 0 },
	{ "io.weight",        translate_io_weight, "IOWeight",            1, 0 },
	{ "io.max",           translate_io_max,    NULL,                  1, 0 },
};
/* clang-format on */

static int translate(const struct setting *s, void *arg, struct error *err)
{
	const char *file = s->file, *value = s->value;

	(void) err;
	/* systemd makes BFQ's weights out of io.weight's by itself */
	if (s->other_file && strcmp(s->other_file, "io.weight") == 0) {
		file = s->other_file;
		value = s->other_value;
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].file, file) == 0)
			rows[i].translate(&rows[i], value, arg);
	return 0;
}

int properties_of_resources(const struct oci_resources *resources, uint64_t cpu_period,
			    struct property_list *list, struct error *err)
{
	struct translation translation = { list, cpu_period };

	return settings_walk(resources, translate, &translation, err);
}
