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

bool seccomp_has_notify(const struct oci_seccomp *config)
{
	(void) config;
	return false;
}

int seccomp_compile(const struct oci_seccomp *config, bool refuses_unknown,
		    struct seccomp_program *ret, struct error *err)
{
	(void) refuses_unknown;
	*ret = (struct seccomp_program){ 0 };
	return seccomp_check(config, err);
}

int seccomp_compile_cached(int dirfd, const struct oci_seccomp *config, struct oci_text text,
			   bool refuses_unknown, struct seccomp_program *ret, struct error *err)
{
	(void) dirfd;
	(void) text;
	return seccomp_compile(config, refuses_unknown, ret, err);
}

bool seccomp_find_kept(int dirfd, struct oci_text text, bool refuses_unknown,
		       struct seccomp_program *ret)
{
	(void) dirfd;
	(void) text;
	(void) refuses_unknown;
	(void) ret;
	return false;
}

uint32_t seccomp_flags_of(const struct oci_strings *names)
{
	(void) names;
	return 0;
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

bool seccomp_flag_is_supported(const char *name)
{
	(void) name;
	return false;
}

int seccomp_version_read(char *ret, size_t size)
{
	(void) ret;
	(void) size;
	return -ENOENT;
}
