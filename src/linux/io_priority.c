/* io_priority.c - see io_priority.h */
#include "linux/io_priority.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/ioprio.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"

#define LEVELS 8 /* IOPRIO_NR_LEVELS, in headers since Linux 6.5 */

static const struct {
	const char *name;
	int class;
} classes[] = {
	{ "IOPRIO_CLASS_RT", IOPRIO_CLASS_RT },
	{ "IOPRIO_CLASS_BE", IOPRIO_CLASS_BE },
	{ "IOPRIO_CLASS_IDLE", IOPRIO_CLASS_IDLE },
};

static int find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (str_equal(classes[i].name, name))
			return classes[i].class;
	return -1;
}

int io_priority_check(const struct oci_io_priority *config, struct error *err)
{
	if (!config)
		return 0;
	if (find(config->class) < 0)
		return fail_at(err, EINVAL, "process.ioPriority.class", "unknown class '%s'",
			       config->class ? config->class : "");
	if (config->priority < 0 || config->priority >= LEVELS)
		return fail_at(err, ERANGE, "process.ioPriority.priority",
			       "%" PRId32 " is not between 0 and %d", config->priority, LEVELS - 1);
	return 0;
}

int io_priority_apply(const struct oci_io_priority *config, struct error *err)
{
	int value;

	if (!config)
		return 0;
	value = find(config->class) << IOPRIO_CLASS_SHIFT | config->priority;
	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, value) < 0)
		return fail_errno(err, "set the I/O priority %s %" PRId32, config->class,
				  config->priority);
	return 0;
}
