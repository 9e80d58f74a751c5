/* starvation.c - see starvation.h */
#include "container/starvation.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>

#include "base/file.h"
#include "base/text.h"
#include "cgroup/stats.h"

static const char where[] = "linux.resources.memory.limit";

/* The limit, if there is one and a cgroup that holds it; 0: none. */
static int64_t limit_of(const struct container *container)
{
	const struct oci_resources *resources = container_linux(container)->resources;

	if (container->cgroup.fd < 0 || !resources || !resources->memory ||
	    resources->memory->limit.value <= 0)
		return 0;
	return resources->memory->limit.value;
}

static bool was_killed(const struct container *container)
{
	return cgroup_counter_read(container->cgroup.fd, "memory.events", "oom_kill") > 0;
}

static uint64_t peak(const struct container *container)
{
	char text[32];
	uint64_t n;

	if (file_peek(container->cgroup.fd, "memory.peak", text, sizeof(text)) < 0 ||
	    parse_u64(text, UINT64_MAX, &n) < 0)
		return 0;
	return n;
}

static int explain(const struct container *container, const char *what, struct error *err)
{
	uint64_t used = peak(container);
	auto_str known = { 0 };

	if (used > 0)
		str_printf(&known, ", which had used up to %" PRIu64, used);
	fail_in(err, "%s: %" PRId64 " bytes are too few to set up the container%s: the kernel %s",
		where, limit_of(container), known.data ? known.data : "", what);
	return fail_class(err, ERROR_CONFIG, where);
}

int starvation_explain(const struct container *container, struct error *err)
{
	if (limit_of(container) == 0)
		return -err->code;
	if (was_killed(container))
		return explain(container, "killed it", err);
	if (err->code == ENOMEM)
		return explain(container, "refused it more", err);
	return -err->code;
}

int starvation_check(const struct container *container, struct error *err)
{
	struct pollfd end = { .fd = container->init.pidfd, .events = POLLIN };

	if (limit_of(container) == 0 || poll(&end, 1, 0) <= 0 || !was_killed(container))
		return 0;
	fail(err, ENOMEM, "container init: killed by signal 9");
	return explain(container, "killed it", err);
}
