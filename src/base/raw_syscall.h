/* raw_syscall.h - a system call and nothing else
 *
 * For code that shares its memory with another process that runs (linux/clone.h): the C library's
 * wrappers write errno, which both would have.  Returns what the kernel does: a negative errno on
 * failure.  errno stays as it is. */
#ifndef BASE_RAW_SYSCALL_H
#define BASE_RAW_SYSCALL_H

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* For pointers and numbers alike. */
#define RAW(argument) ((long) (argument))

/* Whether nothing of the C library is called.  On other processors nothing is shared, and no page taken from under it. */
#if defined(__x86_64__) || defined(__aarch64__)
#define RAW_SYSCALL_IS_OURS 1
#else
#define RAW_SYSCALL_IS_OURS 0
#endif

static inline long raw_syscall(long number, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result = number;

	__asm__ volatile("syscall"
			 : "+a"(result)
			 : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "cc", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "cc", "memory");
	return x0;
#else
	int before = errno;
	long result = syscall(number, a, b, c, d, e, f);

	result = result < 0 ? -errno : result;
	errno = before;
	return result;
#endif
}

#endif
