/* seccomp_absent.c - what takes the place of seccomp_compile.c where libseccomp is not built in */
#include <errno.h>
#include <stddef.h>

#include "linux/seccomp.h"

static const char *const no_names[] = { NULL };

int seccomp_check(const struct oci_seccomp *config, struct error *err)
{
	if (config)
		return fail_at(err, ENOTSUP, "linux.seccomp", "built without libseccomp");
	return 0;
}

int seccomp_compile(const struct oci_seccomp *config, struct seccomp_program *ret,
		    struct error *err)
{
	*ret = (struct seccomp_program){ 0 };
	return seccomp_check(config, err);
}

const char *const *seccomp_action_names(void)
{
	return no_names;
}

const char *const *seccomp_operator_names(void)
{
	return no_names;
}

const char *const *seccomp_arch_names(void)
{
	return no_names;
}

const char *const *seccomp_flag_names(void)
{
	return no_names;
}
