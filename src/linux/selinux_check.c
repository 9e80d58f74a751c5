/* selinux_check.c - whether SELinux is there and knows a label, asked of libselinux */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/configured.h"
#include "linux/selinux.h"

#if HAVE_SELINUX
struct library {
	int (*is_enabled)(void);
	int (*check_context)(const char *label);
};

#if STATIC_RUNTIME
#define SELINUXFS "/sys/fs/selinux"

/* Linked in, libselinux would look around the host at every start of the program; the two questions
 * that we have for it the kernel answers too. */
static int is_enabled(void)
{
	struct statfs fs;

	return statfs(SELINUXFS, &fs) == 0 && (uint32_t) fs.f_type == SELINUX_MAGIC;
}

static int check_context(const char *label)
{
	auto_fd fd = open(SELINUXFS "/context", O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, label, strlen(label) + 1) >= 0 ? 0 : -1;
}

static int open_library(struct library *ret, const char *where, struct error *err)
{
	(void) where;
	(void) err;
	*ret = (struct library){ is_enabled, check_context };
	return 0;
}
#else
#include <selinux/selinux.h>

_Static_assert(__builtin_types_compatible_p(__typeof__(is_selinux_enabled), int(void)),
	       "as struct library has it");
_Static_assert(__builtin_types_compatible_p(__typeof__(security_check_context), int(const char *)),
	       "as struct library has it");

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
