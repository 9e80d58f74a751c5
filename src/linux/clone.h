/* clone.h - a child process by clone3(2), with a copy of our memory or in the very same
 *
 * A copy is made page by page, and undone when the child executes: for a process that does little
 * before its execve(2) that is most of its price.  In the same memory (as after vfork(2), but
 * with a stack of its own and without stopping us) there is nothing to copy.  The price is care:
 * parent and child have one heap, one errno, one everything, so only one of the two may run at a
 * time, the other waiting in a system call; and one child at a time.  See docs/handshake.md for how they take turns,
 * and for the thread that may run beside both. */
#ifndef LINUX_CLONE_H
#define LINUX_CLONE_H

#include <linux/sched.h>
#include <stdbool.h>
#include <sys/types.h>

/* False where we do not know how to begin on another stack, and under the sanitizers, which keep
 * one account of the stack for each memory. */
bool clone_can_share(void);

/* As clone3(2) does: returns in both, 0 in the child; negative errno on failure. */
pid_t clone_copying(struct clone_args *args);

/* The child runs run(arg), which must not return, in our memory: args->flags gets CLONE_VM, and
 * args->stack one of its own.  Returns the child's pid, or a negative errno.  Until the child has
 * executed or ended the caller must not run beside it. */
pid_t clone_sharing(struct clone_args *args, void (*run)(void *arg), void *arg);

/* A thread, for a while: run(arg) runs beside us and ends by exit(2), not exit_group(2).  What the C library keeps
 * for a thread is the caller's there, errno too, so no heap, no errno, no lock: system calls by base/raw_syscall.h,
 * and what works on memory alone.  It has a stack of 64 KiB.  The kernel would let it wait on the caller's processor
 * for the caller's next sleep: it is kept away from that one, for good, so it is to make no process that lives on
 * (where there are more processors than a cpu_set_t has it stays where the kernel puts it).
 *
 * *ret_tid, which has to stay where it is, is its id for as long as it runs, and 0 on failure.  Makes system calls
 * alone, too.  Returns 0 or a negative errno: -EAGAIN where the caller may run on one processor only, as for
 * clone3(2)'s own reasons, -EINVAL where our children are to be in another pid namespace. */
int clone_beside(void (*run)(void *arg), void *arg, pid_t *ret_tid);

/* Waits until the thread has ended; not at all where *tid is 0. */
void clone_join(const pid_t *tid);

#endif
