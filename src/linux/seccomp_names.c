/* seccomp_names.c - see seccomp_names.h */
#include "linux/seccomp_names.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "linux/seccomp.h"

/* By row: names[i] stands for numbers[i]; names ends with a NULL that numbers does not have. */
/* clang-format off */
static const char *const action_names[] = {
	"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS",
	"SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE",
	"SCMP_ACT_TRAP", NULL
};
static const uint32_t action_numbers[] = {
	SCMP_ACT_ALLOW, SCMP_ACT_ERRNO(0), SCMP_ACT_KILL_THREAD, SCMP_ACT_KILL_PROCESS,
	SCMP_ACT_KILL_THREAD, SCMP_ACT_LOG, SCMP_ACT_NOTIFY, SCMP_ACT_TRACE(0), SCMP_ACT_TRAP,
};

static const char *const operator_names[] = {
	"SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT",
	"SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE", NULL
};
static const uint32_t operator_numbers[] = {
	SCMP_CMP_EQ, SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_LE, SCMP_CMP_LT,
	SCMP_CMP_MASKED_EQ, SCMP_CMP_NE,
};

static const char *const arch_names[] = {
	"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64",
	"SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32",
	"SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64",
	"SCMP_ARCH_PPC64LE", "SCMP_ARCH_RISCV64", "SCMP_ARCH_S390", "SCMP_ARCH_S390X",
	"SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64",
#ifdef SCMP_ARCH_LOONGARCH64
	"SCMP_ARCH_LOONGARCH64",
#endif
#ifdef SCMP_ARCH_M68K
	"SCMP_ARCH_M68K",
#endif
#ifdef SCMP_ARCH_SH
	"SCMP_ARCH_SH", "SCMP_ARCH_SHEB",
#endif
	NULL
};
static const uint32_t arch_numbers[] = {
	SCMP_ARCH_AARCH64, SCMP_ARCH_ARM, SCMP_ARCH_MIPS, SCMP_ARCH_MIPS64,
	SCMP_ARCH_MIPS64N32, SCMP_ARCH_MIPSEL, SCMP_ARCH_MIPSEL64, SCMP_ARCH_MIPSEL64N32,
	SCMP_ARCH_PARISC, SCMP_ARCH_PARISC64, SCMP_ARCH_PPC, SCMP_ARCH_PPC64,
	SCMP_ARCH_PPC64LE, SCMP_ARCH_RISCV64, SCMP_ARCH_S390, SCMP_ARCH_S390X,
	SCMP_ARCH_X32, SCMP_ARCH_X86, SCMP_ARCH_X86_64,
#ifdef SCMP_ARCH_LOONGARCH64
	SCMP_ARCH_LOONGARCH64,
#endif
#ifdef SCMP_ARCH_M68K
	SCMP_ARCH_M68K,
#endif
#ifdef SCMP_ARCH_SH
	SCMP_ARCH_SH, SCMP_ARCH_SHEB,
#endif
};

static const char *const flag_names[] = {
	"SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
	"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", NULL
};
static const uint32_t flag_numbers[] = {
	SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
	SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
};
/* clang-format on */

#define ONE_NUMBER_A_NAME(what)                                                    \
	_Static_assert(ARRAY_SIZE(what##_names) == ARRAY_SIZE(what##_numbers) + 1, \
		       "one number a name, and the NULL")
ONE_NUMBER_A_NAME(action);
ONE_NUMBER_A_NAME(operator);
ONE_NUMBER_A_NAME(arch);
ONE_NUMBER_A_NAME(flag);

static bool find(const char *const *names, const uint32_t *numbers, const char *name, uint32_t *ret)
{
	for (size_t i = 0; names[i]; i++) {
		if (str_equal(names[i], name)) {
			*ret = numbers[i];
			return true;
		}
	}
	return false;
}

bool seccomp_action_find(const char *name, uint32_t *ret)
{
	return find(action_names, action_numbers, name, ret);
}

bool seccomp_operator_find(const char *name, uint32_t *ret)
{
	return find(operator_names, operator_numbers, name, ret);
}

bool seccomp_arch_find(const char *name, uint32_t *ret)
{
	return find(arch_names, arch_numbers, name, ret);
}

bool seccomp_flag_find(const char *name, uint32_t *ret)
{
	return find(flag_names, flag_numbers, name, ret);
}

bool seccomp_action_has_errno(uint32_t action)
{
	return action == SCMP_ACT_ERRNO(0) || action == SCMP_ACT_TRACE(0);
}

uint32_t seccomp_flags_of(const struct oci_strings *names)
{
	uint32_t flags = 0, flag;

	for (size_t i = 0; i < names->n; i++)
		if (seccomp_flag_find(names->items[i], &flag))
			flags |= flag;
	return flags;
}

const char *const *seccomp_action_names(void)
{
	return action_names;
}

const char *const *seccomp_operator_names(void)
{
	return operator_names;
}

const char *const *seccomp_arch_names(void)
{
	return arch_names;
}

const char *const *seccomp_flag_names(void)
{
	return flag_names;
}

/* Without a program the kernel gets no further than the flags. */
bool seccomp_flag_is_supported(const char *name)
{
	uint32_t flag;

	if (!seccomp_flag_find(name, &flag))
		return false;
	if (flag == SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
		flag |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flag, NULL) < 0 && errno == EFAULT;
}
