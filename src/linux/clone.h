/* clone.h - a child process by clone3(2), with a copy of our memory or in the very same
 *
 * A copy is made page by page, and undone when the child executes: for a process that does little
 * before its execve(2) that is most of its price.  In the same memory (as after vfork(2), but
 * with a stack of its own and without stopping us) there is nothing to copy.  The price is care:
 * parent and child have one heap, one errno, one everything, so only one of the two may run at a
 * time, the other waiting in a system call; and one child at a time.  See docs/handshake.md for how they take turns. */
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

#endif
