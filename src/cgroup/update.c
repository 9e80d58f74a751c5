/* update.c - change the limits of a cgroup that is in use, all or none; see cgroup.h */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cgroup/apply.h"
#include "cgroup/cgroup.h"
#include "cgroup/device_filter.h"
#include "cgroup/property_resources.h"
#include "cgroup/restore.h"
#include "cgroup/settings.h"

/* The resources, with what the members that are given cannot be told without. */
struct completed {
	struct oci_resources resources;
	struct oci_memory memory;
	struct oci_cpu cpu;
};

struct update {
	const struct cgroup *cgroup;
	struct restore restore;
	bool changes_devices;
	struct device_programs devices; /* ... those that decided before */
};

/* A period alone keeps the quota: in cpu.max, "QUOTA PERIOD", they are one value. */
static void complete_cpu(const struct cgroup *cgroup, struct oci_cpu *cpu)
{
	char text[64];
	int64_t quota;

	if (!cpu->period.value || cpu->quota.value ||
	    file_peek(cgroup->fd, "cpu.max", text, sizeof(text)) < 0)
		return;
	text[strcspn(text, " ")] = '\0';
	if (parse_i64(text, 1, INT64_MAX, &quota) == 0)
		cpu->quota = (struct oci_i64){ .is_set = true, .value = quota };
}

/* memory.swap counts the memory too; without memory.limit beside it, that which is in force. */
static void complete_memory(const struct cgroup *cgroup, struct oci_memory *memory)
{
	char text[32];
	int64_t limit;

	if (memory->swap.value <= 0 || memory->limit.value ||
	    file_peek(cgroup->fd, "memory.max", text, sizeof(text)) < 0)
		return;
	if (parse_i64(text, 1, INT64_MAX, &limit) == 0)
		memory->limit = (struct oci_i64){ .is_set = true, .value = limit };
}

static void complete(const struct cgroup *cgroup, const struct oci_resources *resources,
		     struct completed *ret)
{
	ret->resources = *resources;
	if (resources->cpu) {
		ret->cpu = *resources->cpu;
		ret->resources.cpu = &ret->cpu;
		complete_cpu(cgroup, &ret->cpu);
	}
	if (resources->memory) {
		ret->memory = *resources->memory;
		ret->resources.memory = &ret->memory;
		complete_memory(cgroup, &ret->memory);
	}
}

static int change(const struct setting *s, void *arg, struct error *err)
{
	struct update *update = arg;
	int dirfd = update->cgroup->fd;
	bool has_file = faccessat(dirfd, s->file, F_OK, 0) == 0;

	if (has_file)
		restore_note(&update->restore, dirfd, s->file, s->value);
	else if (s->other_file)
		restore_note(&update->restore, dirfd, s->other_file, s->other_value);
	return cgroup_write_setting(s, (void *) update->cgroup, err);
}

/* The burst may not exceed the quota at any time: one that shrinks goes first. */
static int shrink_burst(struct update *update, const struct oci_cpu *cpu, struct error *err)
{
	char text[32];
	uint64_t now;
	struct setting s = {
		.where = "linux.resources.cpu.burst",
		.controller = CONTROLLER_CPU,
		.file = "cpu.max.burst",
		.value = text,
	};

	if (!cpu || !cpu->burst.is_set ||
	    file_peek(update->cgroup->fd, s.file, text, sizeof(text)) < 0 ||
	    parse_u64(text, UINT64_MAX, &now) < 0 || cpu->burst.value >= now)
		return 0;
	snprintf(text, sizeof(text), "%" PRIu64, cpu->burst.value);
	return change(&s, update, err);
}

/* A size as the kernel shows it, "max" or a number. */
static int parse_limit(const char *text, uint64_t *ret)
{
	*ret = UINT64_MAX;
	return str_equal(text, "max") ? 0 : parse_u64(text, UINT64_MAX, ret);
}

/* Swap that grows goes first: what a smaller memory.max drives out must find room there, or the kernel kills.
 * What shrinks comes after a memory.max that grows, for the same reason. */
static int grow_swap(const struct setting *s, void *arg, struct error *err)
{
	const struct update *update = arg;
	uint64_t now, wanted;
	char text[32];

	if (!str_equal(s->file, "memory.swap.max") ||
	    file_peek(update->cgroup->fd, s->file, text, sizeof(text)) < 0 ||
	    parse_limit(text, &now) < 0 || parse_limit(s->value, &wanted) < 0 || wanted <= now)
		return 0;
	return change(s, arg, err);
}

static int change_all(struct update *update, const struct oci_resources *resources,
		      struct error *err)
{
	int rc = shrink_burst(update, resources->cpu, err);

	if (rc == 0)
		rc = settings_walk(resources, grow_swap, update, err);
	if (rc == 0)
		rc = settings_walk(resources, change, update, err);
	if (rc < 0 || resources->devices.n == 0)
		return rc;
	rc = device_programs_note(update->cgroup->fd, &update->devices, err);
	if (rc < 0)
		return rc;
	update->changes_devices = true;
	return device_filter_apply(update->cgroup->fd, false, resources->devices.items,
				   resources->devices.n, err);
}

/* To systemd an idle cgroup is one whose weight is 0.  One that is no longer idle has the weight that its file shows,
 * unless it is given one; *ret_pairs is to be freed. */
static void complete_weight(const struct cgroup *cgroup, struct oci_resources *resources,
			    char weight[32], struct oci_pair **ret_pairs)
{
	const struct oci_cpu *cpu = resources->cpu;
	struct oci_string_map *unified = &resources->unified;

	if (!cpu || !cpu->idle.is_set || cpu->idle.value != 0 || cpu->shares.value ||
	    file_peek(cgroup->fd, "cpu.weight", weight, 32) < 0)
		return;
	*ret_pairs = xcalloc(unified->n + 1, sizeof(**ret_pairs));
	(*ret_pairs)[0] = (struct oci_pair){ "cpu.weight", weight };
	if (unified->n)
		memcpy(*ret_pairs + 1, unified->items, unified->n * sizeof(**ret_pairs));
	unified->items = *ret_pairs;
	unified->n++;
}

/* systemd is told last: what it is told it may write to the files at any time. */
static int tell_systemd(const struct cgroup *cgroup, const struct oci_resources *resources,
			struct error *err)
{
	uint64_t period = CPU_PERIOD_DEFAULT_US, number;
	struct oci_resources told = *resources;
	auto_free struct oci_pair *pairs = NULL;
	char text[64], weight[32];
	const char *space;

	if (!cgroup->scope)
		return 0;
	if (file_peek(cgroup->fd, "cpu.max", text, sizeof(text)) >= 0) {
		space = strchr(text, ' ');
		if (space && parse_u64(space + 1, UINT32_MAX, &number) == 0 && number > 0)
			period = number;
	}
	complete_weight(cgroup, &told, weight, &pairs);
	return scope_update(cgroup->scope, &told, period, err);
}

int cgroup_update(const struct cgroup *cgroup, const struct oci_resources *resources,
		  struct error *err)
{
	struct update update = { .cgroup = cgroup };
	struct completed completed;
	int rc;

	complete(cgroup, resources, &completed);
	rc = cgroup_resources_check(CGROUP_MANAGER_CGROUPFS, &completed.resources, err);
	if (rc == 0)
		rc = cgroup_check_usage(cgroup, completed.resources.memory, err);
	if (rc == 0)
		rc = change_all(&update, &completed.resources, err);
	if (rc == 0)
		rc = tell_systemd(cgroup, &completed.resources, err);
	if (rc < 0 && update.changes_devices)
		device_programs_put_back(&update.devices, cgroup->fd);
	if (rc < 0)
		restore_put_back(&update.restore, cgroup->fd);
	device_programs_release(&update.devices);
	restore_release(&update.restore);
	return rc;
}
