/* settings_list.c - see settings_list.h */
#include "cgroup/settings_list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cgroup/convert.h"

#define WHERE_SIZE 128
#define VALUE_SIZE 64
#define IO_WEIGHT_MIN 10
#define IO_WEIGHT_MAX 1000

/* 12 and 20 bits in the kernel. */
static int check_device(const char *where, int64_t major, int64_t minor, struct error *err)
{
	if (major >= 0 && major < 1 << 12 && minor >= 0 && minor < 1 << 20)
		return 0;
	return fail_at(err, EINVAL, where, "no device has the number %" PRId64 ":%" PRId64, major,
		       minor);
}

int io_weight_check(const char *where, uint16_t weight, struct error *err)
{
	if (weight >= IO_WEIGHT_MIN && weight <= IO_WEIGHT_MAX)
		return 0;
	return fail_at(err, EINVAL, where, "the weight %" PRIu16 " is not between %d and %d",
		       weight, IO_WEIGHT_MIN, IO_WEIGHT_MAX);
}

static int walk_weight_devices(const struct oci_resources *r, setting_visitor visit, void *arg,
			       struct error *err)
{
	for (size_t i = 0; r->block_io && i < r->block_io->weight_device.n; i++) {
		const struct oci_weight_device *d = &r->block_io->weight_device.items[i];
		char where[WHERE_SIZE], value[VALUE_SIZE], other[VALUE_SIZE];
		struct setting s = {
			.where = where,
			.controller = CONTROLLER_IO,
			.file = "io.bfq.weight",
			.value = value,
			.is_limit = true,
			.other_file = "io.weight",
			.other_value = other,
		};
		int rc;

		snprintf(where, sizeof(where), "linux.resources.blockIO.weightDevice[%zu]", i);
		if (!d->weight.is_set && !d->leaf_weight.is_set)
			return fail_at(err, EINVAL, where, "has neither weight nor leafWeight");
		if (d->weight.value == 0)
			continue;
		rc = check_device(where, d->major, d->minor, err);
		if (rc == 0)
			rc = io_weight_check(where, d->weight.value, err);
		if (rc < 0)
			return rc;
		snprintf(value, sizeof(value), "%" PRId64 ":%" PRId64 " %" PRIu16, d->major,
			 d->minor, d->weight.value);
		snprintf(other, sizeof(other), "%" PRId64 ":%" PRId64 " %" PRIu64, d->major,
			 d->minor, convert_io_weight(d->weight.value));
		rc = visit(&s, arg, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int walk_throttles(const struct oci_throttle_list *list, const char *member, const char *key,
			  setting_visitor visit, void *arg, struct error *err)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct oci_throttle_device *d = &list->items[i];
		char where[WHERE_SIZE], value[VALUE_SIZE], rate[32] = "max";
		struct setting s = {
			.where = where,
			.controller = CONTROLLER_IO,
			.file = "io.max",
			.value = value,
			.is_limit = d->rate > 0,
		};
		int rc;

		snprintf(where, sizeof(where), "linux.resources.blockIO.%s[%zu]", member, i);
		rc = check_device(where, d->major, d->minor, err);
		if (rc < 0)
			return rc;
		if (d->rate > 0)
			snprintf(rate, sizeof(rate), "%" PRIu64, d->rate);
		snprintf(value, sizeof(value), "%" PRId64 ":%" PRId64 " %s=%s", d->major, d->minor,
			 key, rate);
		rc = visit(&s, arg, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int walk_all_throttles(const struct oci_resources *r, setting_visitor visit, void *arg,
			      struct error *err)
{
	const struct oci_block_io *io = r->block_io;

	if (!io)
		return 0;
	const struct {
		const struct oci_throttle_list *list;
		const char *member;
		const char *key;
	} lists[] = {
		{ &io->throttle_read_bps_device, "throttleReadBpsDevice", "rbps" },
		{ &io->throttle_write_bps_device, "throttleWriteBpsDevice", "wbps" },
		{ &io->throttle_read_iops_device, "throttleReadIOPSDevice", "riops" },
		{ &io->throttle_write_iops_device, "throttleWriteIOPSDevice", "wiops" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		int rc = walk_throttles(lists[i].list, lists[i].member, lists[i].key, visit, arg,
					err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* The usage limit, and the reservation limit where the kernel has it (5.7), as the
 * specification asks: a page that is reserved and not there would else be a SIGBUS later. */
static int walk_hugepages(const struct oci_resources *r, setting_visitor visit, void *arg,
			  struct error *err)
{
	for (size_t i = 0; i < r->hugepage_limits.n; i++) {
		const struct oci_hugepage *h = &r->hugepage_limits.items[i];
		char where[WHERE_SIZE], file[64], value[VALUE_SIZE];
		struct setting s = {
			.where = where,
			.controller = CONTROLLER_HUGETLB,
			.file = file,
			.value = value,
			.is_limit = true,
		};
		int rc;

		snprintf(where, sizeof(where), "linux.resources.hugepageLimits[%zu]", i);
		if (strchr(h->page_size, '/') || strlen(h->page_size) > 32)
			return fail_at(err, EINVAL, where, "'%s' is not a page size", h->page_size);
		snprintf(value, sizeof(value), "%" PRIu64, h->limit);
		snprintf(file, sizeof(file), "hugetlb.%s.max", h->page_size);
		rc = visit(&s, arg, err);
		if (rc < 0)
			return rc;
		snprintf(file, sizeof(file), "hugetlb.%s.rsvd.max", h->page_size);
		s.is_limit = false;
		rc = visit(&s, arg, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int walk_rdma(const struct oci_resources *r, setting_visitor visit, void *arg,
		     struct error *err)
{
	for (size_t i = 0; i < r->rdma.n; i++) {
		const struct oci_rdma *limits = &r->rdma.items[i];
		auto_free char *where = xasprintf("linux.resources.rdma[\"%s\"]", r->rdma.keys[i]);
		auto_str value = { 0 };
		struct setting s = {
			.where = where,
			.controller = CONTROLLER_RDMA,
			.file = "rdma.max",
			.is_limit = true,
		};
		int rc;

		if (!limits->hca_handles.is_set && !limits->hca_objects.is_set)
			return fail_at(err, EINVAL, where, "has neither hcaHandles nor hcaObjects");
		str_printf(&value, "%s", r->rdma.keys[i]);
		if (limits->hca_handles.is_set)
			str_printf(&value, " hca_handle=%" PRIu32, limits->hca_handles.value);
		if (limits->hca_objects.is_set)
			str_printf(&value, " hca_object=%" PRIu32, limits->hca_objects.value);
		s.value = value.data;
		rc = visit(&s, arg, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static char *trim(char *line)
{
	size_t len;

	line += strspn(line, " ");
	len = strlen(line);
	while (len > 0 && line[len - 1] == ' ')
		line[--len] = '\0';
	return line;
}

/* Each line is a setting: the kernel takes one a write, and of some files ignores what stands behind it. */
static int walk_lines(struct setting *s, setting_visitor visit, void *arg, struct error *err)
{
	const char *end = strchr(s->value, '\n');
	auto_free char *lines = NULL;
	char *rest, *line;
	int rc = 0;

	if (!end || !end[1])
		return visit(s, arg, err);
	rest = lines = xstrdup(s->value);
	while (rc == 0 && (line = strsep(&rest, "\n")) != NULL) {
		s->value = trim(line);
		if (*s->value)
			rc = visit(s, arg, err);
	}
	return rc;
}

/* What is no limit but an order: to take processes of the host in, which end with the container then; to stop init
 * before it has done anything; to kill it. */
static bool is_order(const char *file)
{
	static const char *const orders[] = { "cgroup.procs", "cgroup.threads", "cgroup.freeze",
					      "cgroup.kill" };

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++)
		if (strcmp(file, orders[i]) == 0)
			return true;
	return false;
}

static int walk_unified(const struct oci_resources *r, setting_visitor visit, void *arg,
			struct error *err)
{
	for (size_t i = 0; i < r->unified.n; i++) {
		const struct oci_pair *pair = &r->unified.items[i];
		auto_free char *where = xasprintf("linux.resources.unified[\"%s\"]", pair->name);
		struct setting s = {
			.where = where,
			.controller = controller_of_file(pair->name),
			.file = pair->name,
			.value = pair->value,
			.is_limit = true,
		};
		int rc;

		if (strchr(pair->name, '/') || pair->name[0] == '\0' || pair->name[0] == '.')
			return fail_at(err, EINVAL, where, "is not the name of a cgroup's file");
		if (is_order(pair->name))
			return fail_at(err, EINVAL, where,
				       "limits nothing: it moves, stops or kills processes");
		rc = walk_lines(&s, visit, arg, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int settings_walk_lists(const struct oci_resources *r, setting_visitor visit, void *arg,
			struct error *err)
{
	static int (*const walks[])(const struct oci_resources *, setting_visitor, void *,
				    struct error *) = {
		walk_weight_devices, walk_all_throttles, walk_hugepages, walk_rdma, walk_unified,
	};

	for (size_t i = 0; i < ARRAY_SIZE(walks); i++) {
		int rc = walks[i](r, visit, arg, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}
