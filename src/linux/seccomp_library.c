/* seccomp_library.c - see seccomp_library.h */
#include "linux/seccomp_library.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <stdio.h>

#include "base/configured.h"
#include "base/library.h"
#include "base/text.h"
#include "linux/seccomp.h"

#if STATIC_RUNTIME

int seccomp_library_open(const struct seccomp_library **ret, struct error *err)
{
	static const struct seccomp_library library = {
		.init = seccomp_init,
		.release = seccomp_release,
		.attr_set = seccomp_attr_set,
		.arch_add = seccomp_arch_add,
		.syscall_resolve_name = seccomp_syscall_resolve_name,
		.rule_add_array = seccomp_rule_add_array,
		.export_bpf = seccomp_export_bpf,
		.arch_native = seccomp_arch_native,
		.syscall_resolve_name_arch = seccomp_syscall_resolve_name_arch,
		.version = seccomp_version,
		.path = "",
	};

	(void) err;
	*ret = &library;
	return 0;
}

#else

#define LIBRARY "libseccomp.so.2"

/* clang-format off */
static const struct library_symbol symbols[] = {
	{ "seccomp_init",                 offsetof(struct seccomp_library, init) },
	{ "seccomp_release",              offsetof(struct seccomp_library, release) },
	{ "seccomp_attr_set",             offsetof(struct seccomp_library, attr_set) },
	{ "seccomp_arch_add",             offsetof(struct seccomp_library, arch_add) },
	{ "seccomp_arch_native",          offsetof(struct seccomp_library, arch_native) },
	{ "seccomp_syscall_resolve_name", offsetof(struct seccomp_library, syscall_resolve_name) },
	{ "seccomp_syscall_resolve_name_arch",
	  offsetof(struct seccomp_library, syscall_resolve_name_arch) },
	{ "seccomp_rule_add_array",       offsetof(struct seccomp_library, rule_add_array) },
	{ "seccomp_export_bpf",           offsetof(struct seccomp_library, export_bpf) },
	{ "seccomp_version",              offsetof(struct seccomp_library, version) },
};
/* clang-format on */

int seccomp_library_open(const struct seccomp_library **ret, struct error *err)
{
	static struct seccomp_library library;
	struct link_map *map;
	void *handle;
	int r = library_open(LIBRARY, "linux.seccomp needs libseccomp", symbols,
			     ARRAY_SIZE(symbols), &library, &handle, err);

	if (r < 0)
		return r;
	library.path = dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 ? map->l_name : "";
	*ret = &library;
	return 0;
}

#endif

int seccomp_version_read(char *ret, size_t size)
{
	const struct seccomp_library *library;
	const struct scmp_version *version;
	struct error err;

	if (seccomp_library_open(&library, &err) < 0)
		return -ENOENT;
	version = library->version();
	snprintf(ret, size, "%u.%u.%u", version->major, version->minor, version->micro);
	return 0;
}
