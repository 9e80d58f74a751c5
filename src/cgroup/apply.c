/* apply.c - write the limits of linux.resources into a cgroup; see cgroup.h and apply.h */
#include "cgroup/apply.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "cgroup/device_filter.h"

int cgroup_write_setting(const struct setting *s, void *arg, struct error *err)
{
	const struct cgroup *cgroup = arg;
	const char *file = s->file, *value = s->value;
	int rc = file_put(cgroup->fd, file, value);

	if (rc == -ENOENT && s->other_file) {
		file = s->other_file;
		value = s->other_value;
		rc = file_put(cgroup->fd, file, value);
	}
	if (rc == 0 || (rc == -ENOENT && !s->is_limit))
		return 0;
	if (rc == -ENOENT)
		return fail_at(err, ENOENT, s->where, "cgroup '%s' has no file '%s' for '%s'",
			       cgroup->path, file, value);
	return fail_at(err, -rc, s->where, "write '%s' to '%s' of cgroup '%s': %s", value, file,
		       cgroup->path, strerror(-rc));
}

static uint64_t read_usage(const struct cgroup *cgroup, const char *file)
{
	char text[32];
	uint64_t usage;

	if (file_peek(cgroup->fd, file, text, sizeof(text)) < 0 ||
	    parse_u64(text, UINT64_MAX, &usage) < 0)
		return 0;
	return usage;
}

int cgroup_check_usage(const struct cgroup *cgroup, const struct oci_memory *m, struct error *err)
{
	uint64_t memory, swap;

	if (!m || !m->check_before_update.value)
		return 0;
	memory = read_usage(cgroup, "memory.current");
	if (m->limit.value > 0 && (uint64_t) m->limit.value < memory)
		return fail_at(err, EBUSY, "linux.resources.memory.limit",
			       "%" PRId64 " is less than the %" PRIu64 " bytes in use",
			       m->limit.value, memory);
	if (m->swap.value <= 0)
		return 0;
	swap = read_usage(cgroup, "memory.swap.current");
	if ((uint64_t) m->swap.value < memory + swap)
		return fail_at(err, EBUSY, "linux.resources.memory.swap",
			       "%" PRId64 " is less than the %" PRIu64 " bytes in use",
			       m->swap.value, memory + swap);
	return 0;
}

static int write_limits(const struct cgroup *cgroup, const struct oci_resources *resources,
			struct error *err)
{
	int rc = cgroup_check_usage(cgroup, resources ? resources->memory : NULL, err);

	return rc < 0 ? rc : settings_walk(resources, cgroup_write_setting, (void *) cgroup, err);
}

int cgroup_apply(const struct cgroup *cgroup, const struct oci_resources *resources,
		 struct error *err)
{
	int rc;

	if (cgroup->fd < 0)
		return 0;
	rc = write_limits(cgroup, resources, err);
	if (rc < 0)
		return rc;
	return device_filter_apply(cgroup->fd, cgroup->made_from || cgroup->scope,
				   resources ? resources->devices.items : NULL,
				   resources ? resources->devices.n : 0, err);
}

int cgroup_apply_limits(const struct cgroup *cgroup, const struct oci_resources *resources,
			struct device_filter *ret, struct error *err)
{
	int rc;

	*ret = (struct device_filter){ 0 };
	if (!cgroup->made_from || cgroup->fd < 0)
		return cgroup_apply(cgroup, resources, err);
	rc = write_limits(cgroup, resources, err);
	if (rc == 0)
		device_filter_prepare(resources ? resources->devices.items : NULL,
				      resources ? resources->devices.n : 0, ret);
	return rc;
}
