/* personality.c - see personality.h */
#include "linux/personality.h"

#include <errno.h>
#include <stddef.h>
#include <sys/personality.h>

#include "base/text.h"

static const struct {
	const char *name;
	unsigned long domain;
} domains[] = {
	{ "LINUX", PER_LINUX },
	{ "LINUX32", PER_LINUX32 },
};

int personality_check(const struct oci_personality *config, struct error *err)
{
	if (!config)
		return 0;
	if (config->flags.n)
		return fail_at(err, EINVAL, "linux.personality.flags[0]",
			       "unknown flag '%s': the runtime specification defines none",
			       config->flags.items[0]);
	for (size_t i = 0; i < ARRAY_SIZE(domains); i++)
		if (str_equal(config->domain, domains[i].name))
			return 0;
	return fail_at(err, EINVAL, "linux.personality.domain", "unknown domain '%s'",
		       config->domain ? config->domain : "");
}

int personality_apply(const struct oci_personality *config, struct error *err)
{
	if (!config)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(domains); i++)
		if (str_equal(config->domain, domains[i].name) && personality(domains[i].domain) < 0)
			return fail_errno(err, "set the execution domain '%s'", config->domain);
	return 0;
}
