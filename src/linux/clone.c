/* clone.c - see clone.h */
#include "linux/clone.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/configured.h"
#include "base/raw_syscall.h"
#include "linux/prefault.h"

#define STACK_SIZE (512 << 10)
#define STACK_USED (16 << 10) /* by most */
#define STACK_BESIDE (64 << 10)

pid_t clone_copying(struct clone_args *args)
{
	long pid = syscall(SYS_clone3, args, sizeof(*args));

	return pid < 0 ? -errno : (pid_t) pid;
}

#if SANITIZED_BUILD || !RAW_SYSCALL_IS_OURS

bool clone_can_share(void)
{
	return false;
}

pid_t clone_sharing(struct clone_args *args, void (*run)(void *arg), void *arg)
{
	(void) args;
	(void) run;
	(void) arg;
	return -ENOSYS;
}

int clone_beside(void (*run)(void *arg), void *arg, pid_t *ret_tid)
{
	(void) run;
	(void) arg;
	*ret_tid = 0;
	return -ENOSYS;
}

#else

bool clone_can_share(void)
{
	return true;
}

/* The child comes out of the system call with an empty stack: it cannot return from here, nor read
 * a variable that is not in a register. */
static long clone3_onto_stack(struct clone_args *args, void (*run)(void *arg), void *arg)
{
#ifdef __x86_64__
	long result = SYS_clone3;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "mov %[arg], %%rdi\n\t"
			 "call *%[run]\n\t"
			 "hlt\n"
			 "1:"
			 : "+a"(result)
			 : "D"(args), "S"(sizeof(*args)), [run] "r"(run), [arg] "r"(arg)
			 : "rcx", "r11", "cc", "memory");
	return result;
#else
	register long number __asm__("x8") = SYS_clone3;
	register long result __asm__("x0") = (long) args;
	register long size __asm__("x1") = sizeof(*args);

	__asm__ volatile("svc 0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x0, %[arg]\n\t"
			 "blr %[run]\n\t"
			 "brk 0\n"
			 "1:"
			 : "+r"(result)
			 : "r"(number), "r"(size), [run] "r"(run), [arg] "r"(arg)
			 : "cc", "memory");
	return result;
#endif
}

/* It stays for as long as our memory does.  Returns where it begins, or a negative errno. */
static long give_stack(struct clone_args *args, size_t size)
{
	long stack = raw_syscall(SYS_mmap, 0, RAW(size), PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);

	args->flags |= CLONE_VM;
	args->stack = (uint64_t) stack;
	args->stack_size = size;
	return stack;
}

pid_t clone_sharing(struct clone_args *args, void (*run)(void *arg), void *arg)
{
	long stack = give_stack(args, STACK_SIZE);

	if (stack < 0)
		return (pid_t) stack;
	prefault((char *) stack + STACK_SIZE - STACK_USED, STACK_USED);
	return (pid_t) clone3_onto_stack(args, run, arg);
}

/* The processors that we may run on without the one that we are on.  Returns the size that the kernel wants, 0 where
 * there is no other, negative where that cannot be told: there are more than a cpu_set_t has, say. */
static long find_others(cpu_set_t *ret)
{
	static const cpu_set_t none;
	unsigned int ours;
	long size, r;

	*ret = none;
	size = raw_syscall(SYS_sched_getaffinity, 0, sizeof(*ret), RAW(ret), 0, 0, 0);
	r = raw_syscall(SYS_getcpu, RAW(&ours), 0, 0, 0, 0, 0);
	if (size < 0 || r < 0)
		return size < 0 ? size : r;
	CPU_CLR(ours, ret);
	return CPU_EQUAL(ret, &none) ? 0 : size;
}

int clone_beside(void (*run)(void *arg), void *arg, pid_t *ret_tid)
{
	struct clone_args args = {
		.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_FILES | CLONE_PARENT_SETTID |
			 CLONE_CHILD_CLEARTID,
		.parent_tid = (uint64_t) (uintptr_t) ret_tid,
		.child_tid = (uint64_t) (uintptr_t) ret_tid,
	};
	cpu_set_t others;
	long size, r;

	*ret_tid = 0;
	size = find_others(&others);
	if (size == 0)
		return -EAGAIN;
	r = give_stack(&args, STACK_BESIDE);
	if (r >= 0)
		r = clone3_onto_stack(&args, run, arg);
	if (r < 0)
		return (int) r;
	if (size > 0)
		raw_syscall(SYS_sched_setaffinity, r, size, RAW(&others), 0, 0, 0);
	return 0;
}

#endif

void clone_join(const pid_t *tid)
{
	pid_t seen;

	while ((seen = __atomic_load_n(tid, __ATOMIC_ACQUIRE)) != 0)
		raw_syscall(SYS_futex, RAW(tid), FUTEX_WAIT, seen, 0, 0, 0);
}
