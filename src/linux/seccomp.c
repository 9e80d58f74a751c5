/* seccomp.c - a compiled seccomp filter: loaded, released */
#include "linux/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/raw_syscall.h"

/* Ours, as filters know it.  Where it is not written down here nothing is known of a filter. */
#if defined(__x86_64__) && !defined(__ILP32__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

/* What waits for listeners, and the kernel refuses it without one. */
#define LISTENERS_FLAGS SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV

long seccomp_apply_raw(const struct seccomp_program *program)
{
	struct sock_fprog prog = { .len = program->n, .filter = program->filter };

	if (!program->filter)
		return 0;
	return raw_syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			   program->flags & ~(unsigned int) LISTENERS_FLAGS, RAW(&prog), 0, 0, 0);
}

int seccomp_apply_result(const struct seccomp_program *program, long result, struct error *err)
{
	if (result == -EACCES)
		return fail(err, EACCES,
			    "load the seccomp filter, which needs noNewPrivileges or "
			    "CAP_SYS_ADMIN: %s",
			    strerror(EACCES));
	if (result < 0)
		return fail(err, (int) -result, "load the seccomp filter of %u instructions: %s",
			    program->n, strerror((int) -result));
	if (result > 0) /* with SECCOMP_FILTER_FLAG_TSYNC: the thread that it cannot be given to */
		return fail(err, EBUSY, "load the seccomp filter: thread %ld has another", result);
	return 0;
}

int seccomp_apply(const struct seccomp_program *program, struct error *err)
{
	return seccomp_apply_result(program, seccomp_apply_raw(program), err);
}

/* Walks the filter as the kernel does, and no further than what it knows of every such call. */
bool seccomp_always_allows(const struct seccomp_program *program, int number)
{
#ifdef ARCH
	uint32_t loaded = 0;

	for (unsigned int i = 0; i < program->n; i++) {
		const struct sock_filter *code = &program->filter[i];
		bool holds;

		switch (code->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (code->k != offsetof(struct seccomp_data, nr) &&
			    code->k != offsetof(struct seccomp_data, arch))
				return false;
			loaded = code->k == offsetof(struct seccomp_data, nr) ? (uint32_t) number
									      : ARCH;
			continue;
		case BPF_JMP | BPF_JA:
			if (code->k >= program->n) /* backwards, for i would overflow */
				return false;
			i += code->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			holds = loaded == code->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			holds = loaded > code->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			holds = loaded >= code->k;
			break;
		default:
			return code->code == (BPF_RET | BPF_K) && code->k == SECCOMP_RET_ALLOW;
		}
		i += holds ? code->jt : code->jf;
	}
#else
	(void) program;
	(void) number;
#endif
	return false;
}

bool seccomp_notifies(const struct seccomp_program *program)
{
	for (unsigned int i = 0; i < program->n; i++)
		if (program->filter[i].code == (BPF_RET | BPF_K) &&
		    (program->filter[i].k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF)
			return true;
	return false;
}

void seccomp_program_release(struct seccomp_program *program)
{
	free(program->memory);
	*program = (struct seccomp_program){ 0 };
}
