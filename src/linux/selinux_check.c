/* selinux_check.c - whether SELinux is there and knows a label, asked of libselinux */
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "linux/selinux.h"

#ifdef HAVE_SELINUX
#include <selinux/selinux.h>

struct library {
	__typeof__(is_selinux_enabled) *is_enabled;
	__typeof__(security_check_context) *check_context;
};

#ifdef STATIC_BUILD
static int open_library(struct library *ret, const char *where, struct error *err)
{
	(void) where;
	(void) err;
	*ret = (struct library){ is_selinux_enabled, security_check_context };
	return 0;
}
#else
static int open_library(struct library *ret, const char *where, struct error *err)
{
	void *handle = dlopen("libselinux.so.1", RTLD_NOW | RTLD_LOCAL);
	void *is_enabled = handle ? dlsym(handle, "is_selinux_enabled") : NULL;
	void *check_context = handle ? dlsym(handle, "security_check_context") : NULL;

	if (!is_enabled || !check_context)
		return fail_at(err, ELIBACC, where, "a label needs libselinux: %s", dlerror());
	memcpy(&ret->is_enabled, &is_enabled, sizeof(is_enabled));
	memcpy(&ret->check_context, &check_context, sizeof(check_context));
	return 0;
}
#endif

int selinux_check(const char *label, const char *where, struct error *err)
{
	struct library library = { 0 };
	int r;

	if (!label || !*label)
		return 0;
	r = open_library(&library, where, err);
	if (r < 0)
		return r;
	if (library.is_enabled() <= 0)
		return fail_at(err, ENOTSUP, where,
			       "the label '%s' has no effect: SELinux is not enabled", label);
	if (library.check_context(label) < 0)
		return fail_at(err, EINVAL, where, "SELinux's policy does not know '%s'", label);
	return 0;
}

#else

int selinux_check(const char *label, const char *where, struct error *err)
{
	if (label && *label)
		return fail_at(err, ENOTSUP, where, "built without libselinux");
	return 0;
}

#endif
