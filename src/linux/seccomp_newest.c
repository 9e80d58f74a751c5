/* seccomp_newest.c - see seccomp_newest.h */
#include "linux/seccomp_newest.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "linux/seccomp_names.h"

#define X32_BIT 0x40000000u /* in the numbers of x32, which shares x86_64's architecture */
#define PART 6		    /* instructions for one architecture */

#define LOAD(member)                                             \
	((struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
				       (uint32_t) offsetof(struct seccomp_data, member)))
#define JUMP(op, k, yes, no) \
	((struct sock_filter) BPF_JUMP(BPF_JMP | (op) | BPF_K, (k), (yes), (no)))

static bool lets_through(uint32_t action)
{
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_USER_NOTIF:
		return true;
	default:
		return false;
	}
}

/* The highest number that a rule names; negative: none. */
static int64_t find_newest(const struct seccomp_library *lib, const struct oci_seccomp *config,
			   uint32_t arch)
{
	int64_t newest = -1;

	for (size_t i = 0; i < config->syscalls.n; i++) {
		const struct oci_strings *names = &config->syscalls.items[i].names;

		for (size_t j = 0; j < names->n; j++) {
			int number = lib->syscall_resolve_name_arch(arch, names->items[j]);

			/* negative: it has none there */
			if (number > newest)
				newest = number;
		}
	}
	return newest;
}

static void add(const struct seccomp_library *lib, const struct oci_seccomp *config, uint32_t arch,
		struct sock_filter *ret, size_t *n)
{
	int64_t newest = find_newest(lib, config, arch);
	uint32_t highest = arch == SCMP_ARCH_X86_64 ? X32_BIT - 1 : INT32_MAX;
	const struct sock_filter part[PART] = {
		LOAD(arch),
		JUMP(BPF_JEQ, arch == SCMP_ARCH_X32 ? AUDIT_ARCH_X86_64 : arch, 0, 4),
		LOAD(nr),
		JUMP(BPF_JGT, highest, 2, 0),
		JUMP(BPF_JGT, (uint32_t) newest | (arch == SCMP_ARCH_X32 ? X32_BIT : 0), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	};

	if (newest < 0 || *n + PART > SECCOMP_NEWEST_MAX)
		return;
	memcpy(ret + *n, part, sizeof(part));
	*n += PART;
}

size_t seccomp_newest(const struct seccomp_library *lib, const struct oci_seccomp *config,
		      uint32_t default_action, struct sock_filter ret[SECCOMP_NEWEST_MAX])
{
	uint32_t native = lib->arch_native(), arch;
	size_t n = 0;

	if (lets_through(default_action) || default_action == (SECCOMP_RET_ERRNO | ENOSYS))
		return 0;
	add(lib, config, native, ret, &n);
	for (size_t i = 0; i < config->architectures.n; i++) {
		bool is_known = seccomp_arch_find(config->architectures.items[i], &arch);

		if (is_known && arch == SCMP_ARCH_NATIVE)
			arch = native;
		if (is_known && arch != native)
			add(lib, config, arch, ret, &n);
	}
	return n;
}
