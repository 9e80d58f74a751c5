/* seccomp.c - a compiled seccomp filter: loaded, released */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "linux/seccomp.h"

/* What waits for listeners, and the kernel refuses it without one. */
#define LISTENERS_FLAGS SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV

int seccomp_apply(const struct seccomp_program *program, struct error *err)
{
	struct sock_fprog prog = { .len = program->n, .filter = program->filter };
	long r;

	if (!program->filter)
		return 0;
	r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    program->flags & ~(unsigned int) LISTENERS_FLAGS, &prog);
	if (r < 0 && errno == EACCES)
		return fail_errno(err, "load the seccomp filter, which needs noNewPrivileges or "
				       "CAP_SYS_ADMIN");
	if (r < 0)
		return fail_errno(err, "load the seccomp filter of %u instructions", program->n);
	if (r > 0) /* with SECCOMP_FILTER_FLAG_TSYNC: the thread that it cannot be given to */
		return fail(err, EBUSY, "load the seccomp filter: thread %ld has another", r);
	return 0;
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
