/* seccomp_notify.c - a filter that notifies, loaded so that its listener can be handed over
 *
 * From the moment that the filter is loaded any system call of ours may have to wait for an answer
 * of who listens, or be refused; and who listens has to be given the listener first.  So a thread
 * that is made before, and that the filter therefore does not apply to, does the giving.  The two
 * meet in memory only. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "linux/seccomp.h"

#define STACK_SIZE (128 << 10)
#define PAUSE_NS 20000
#define LIMIT_SECONDS 60 /* the sending has a limit of its own, a shorter one */

enum progress { LOADING, LOADED, FAILED, HANDED_OVER };

struct helper {
	_Atomic enum progress progress;
	int listener; /* once LOADED */
	int r;	      /* once HANDED_OVER */
	struct error err;
	seccomp_hand_over *hand_over;
	void *context;
};

static void *help(void *arg)
{
	struct helper *helper = arg;
	struct timespec pause = { .tv_nsec = PAUSE_NS };

	while (atomic_load(&helper->progress) == LOADING)
		nanosleep(&pause, NULL);
	if (atomic_load(&helper->progress) == LOADED) {
		helper->r = helper->hand_over(helper->context, helper->listener, &helper->err);
		close(helper->listener);
	}
	atomic_store(&helper->progress, HANDED_OVER);
	return NULL;
}

static int start_helper(struct helper *helper, struct error *err)
{
	pthread_attr_t attr;
	pthread_t thread;
	int r;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	r = pthread_create(&thread, &attr, help, helper);
	pthread_attr_destroy(&attr);
	return r ? fail(err, r, "start a thread: %s", strerror(r)) : 0;
}

/* Without a system call; the clock is read in the kernel's page of this process. */
static int wait_helper(struct helper *helper)
{
	struct timespec now;
	time_t end;

	clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec + LIMIT_SECONDS;
	while (atomic_load(&helper->progress) != HANDED_OVER) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec > end)
			return -ETIMEDOUT;
	}
	return 0;
}

int seccomp_apply_notifying(const struct seccomp_program *program, seccomp_hand_over *hand_over,
			    void *context, struct error *err)
{
	struct sock_fprog prog = { .len = program->n, .filter = program->filter };
	/* static: should it outlive the wait, the helper still finds it */
	static struct helper helper;
	unsigned int flags = program->flags | SECCOMP_FILTER_FLAG_NEW_LISTENER;
	int code, r;

	helper.hand_over = hand_over;
	helper.context = context;
	r = start_helper(&helper, err);
	if (r < 0)
		return r;
	/* TSYNC would be for the helper, the only other thread */
	helper.listener = (int) syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
					flags & ~(unsigned int) SECCOMP_FILTER_FLAG_TSYNC, &prog);
	code = errno;
	atomic_store(&helper.progress, helper.listener < 0 ? FAILED : LOADED);
	r = wait_helper(&helper);
	if (helper.listener < 0)
		return fail(err, code, "load the seccomp filter with a listener: %s",
			    strerror(code));
	if (r < 0)
		return fail(err, -r, "hand the seccomp listener over: it took more than %d seconds",
			    LIMIT_SECONDS);
	if (helper.r < 0)
		*err = helper.err;
	return helper.r;
}
