/* clone.c - see clone.h */
#include "linux/clone.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/configured.h"
#include "linux/prefault.h"

#define STACK_SIZE (512 << 10)
#define STACK_USED (16 << 10) /* by most */

pid_t clone_copying(struct clone_args *args)
{
	long pid = syscall(SYS_clone3, args, sizeof(*args));

	return pid < 0 ? -errno : (pid_t) pid;
}

#if SANITIZED_BUILD || !(defined(__x86_64__) || defined(__aarch64__))

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

pid_t clone_sharing(struct clone_args *args, void (*run)(void *arg), void *arg)
{
	char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);

	if (stack == MAP_FAILED)
		return -errno;
	prefault(stack + STACK_SIZE - STACK_USED, STACK_USED);
	args->flags |= CLONE_VM;
	args->stack = (uint64_t) (uintptr_t) stack;
	args->stack_size = STACK_SIZE;
	return (pid_t) clone3_onto_stack(args, run, arg);
}

#endif
