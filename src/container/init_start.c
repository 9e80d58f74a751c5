/* init_start.c - init's steps: created, waiting, started, gone */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/libc.h"
#include "base/log.h"
#include "base/text.h"
#include "container/container.h"
#include "container/hooks.h"
#include "container/init.h"
#include "container/self_start.h"
#include "container/sync.h"
#include "linux/namespaces.h"
#include "linux/seccomp.h"

/* Closes every descriptor from `first` on but the given ones (-1: none): a container that waits for
 * start holds nothing of the host's, nor a pipe whose reader waits for its end. */
static void close_others(int first, const int *keep, size_t n)
{
	for (;;) {
		int next = INT_MAX;

		for (size_t i = 0; i < n; i++)
			if (keep[i] >= first && keep[i] < next)
				next = keep[i];
		if (next > first)
			close_range((unsigned int) first, (unsigned int) next - 1, 0);
		if (next == INT_MAX)
			return;
		first = next + 1;
	}
}

static int give_namespace(int sock, int procfs, uint64_t flag, struct error *err)
{
	auto_fd namespace = -1;
	int r;

	r = procfs < 0 ? fail(err, ENOTSUP, "no procfs to find a namespace in")
		       : namespace_open_own(procfs, flag, &namespace, err);
	if (r == 0)
		return sync_say(sock, SYNC_NAMESPACE, 0, namespace, err);
	sync_say_error(sock, err);
	return r;
}

/* For how long whoever connects may say nothing: before the word to start, and later while a listener is handed
 * over. */
#define START_LIMIT_SECONDS 60

/* Whoever connects may still die before it says so, or be stopped, or ask for namespaces only: then
 * the next one is waited for. */
static int wait_for_start(int listener, int procfs, struct error *err)
{
	for (;;) {
		auto_fd sock = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		struct sync_packet packet;

		if (sock < 0 && errno == EINTR)
			continue;
		if (sock < 0)
			return fail_errno(err, "wait at the start socket");
		if (sync_limit(sock, START_LIMIT_SECONDS, err) < 0)
			continue;
		while (sync_hear(sock, &packet, err) == 1) {
			cleanup_fd(&packet.fd);
			if (packet.message == SYNC_START)
				return TAKE_FD(sock);
			if (packet.message != SYNC_NAMESPACE ||
			    give_namespace(sock, procfs, (uint64_t) packet.value, err) < 0)
				break;
		}
	}
}

/* In the host's memory (linux/clone.h) we go on only when the host has gone: its end of the socket
 * is closed after its memory was let go. */
static void wait_for_end(int sock)
{
	struct pollfd end = { .fd = sock };

	while (poll(&end, 1, -1) < 0 && errno == EINTR)
		;
}

/* Whether the filter can be loaded before the word to start, while the host writes down that the container is
 * ready: the kernel takes as long for the one as the host for the other.  Of our own calls only the wait for
 * that word then comes under the filter that would not otherwise; a filter that could refuse that, or what
 * follows, is loaded later, as ever. */
static bool loads_filter_beside_host(const struct init *init)
{
	static const int needed[] = { SYS_recvmsg, SYS_getsockopt, SYS_write, SYS_exit_group };
	const struct container *container = init->container;
	const struct seccomp_program *filter = &container->filter;
	const struct oci_hooks *hooks = container->is_exec ? NULL : init->config->hooks;

	if (!filter->filter || !init->process->no_new_privileges || container->start_sock >= 0 ||
	    (hooks && hooks->start_container.n) || seccomp_notifies(filter))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (!seccomp_always_allows(filter, needed[i]))
			return false;
	return true;
}

int ready_step(struct init *init, struct error *err)
{
	const struct container *container = init->container;
	int listener = container->start_sock;
	const int keep[] = { listener, log_fd(), container->hooks_out, container->hooks_err,
			     init->procfs };
	bool is_create = listener >= 0;
	bool loads_filter;
	long loaded = 0;
	int r;

	if (self_start_begin(container))
		return 0;
	/* What outlives the runtime must not hold its lock.  A filter that refuses close_range(2) lets no
	 * program be executed either. */
	close_range((unsigned int) container->dir.fd, (unsigned int) container->dir.fd, 0);
	/* from here on a runtime that ends too early is an end of file */
	if (prctl(PR_SET_PDEATHSIG, 0) < 0)
		return fail_errno(err, "live on without the runtime");
	loads_filter = loads_filter_beside_host(init);
	r = sync_say(init->sock, SYNC_READY, 0, init->stat, err);
	if (r < 0)
		return r;
	/* in the host's memory: the call alone */
	if (loads_filter)
		loaded = seccomp_apply_raw(&container->filter);
	if (is_create)
		wait_for_end(init->sock);
	r = sync_expect(init->sock, is_create ? SYNC_GO : SYNC_START, err);
	if (r < 0)
		return r;
	cleanup_fd(&init->stat);
	init->has_filter = loads_filter;
	if (!is_create)
		return seccomp_apply_result(&container->filter, loaded, err);
	close_others(3 + (int) container_kept_fds(container), keep, ARRAY_SIZE(keep));
	init->sock = -1;
	r = wait_for_start(listener, init->procfs, err);
	if (r < 0)
		return r;
	init->sock = r;
	cleanup_fd(&listener);
	return 0;
}

int start_container_hooks_step(struct init *init, struct error *err)
{
	struct oci_state state = container_oci_state(init->container, "created", getpid());

	struct hook_context context = container_hook_context(init->container, &state, NULL);

	/* it may be a program of the image: what the host's environment holds is not for it */
	context.env = init->env;
	return hooks_run(&init->config->hooks->start_container, "startContainer", &context, err);
}

int execute_step(struct init *init, struct error *err)
{
	/* SIGPIPE and the like were reset before the first hook, the mask when we began */
	close_range(3 + container_kept_fds(init->container), ~0U, CLOSE_RANGE_CLOEXEC);
	execve(init->program, init->process->args.items, init->env);
	/* the program itself was found: what the kernel misses is what runs it */
	fail_at(err, errno, "process.args[0]", "execute '%s': %s%s", init->program,
		errno == ENOENT ? "its interpreter: " : "", strerror(errno));
	return fail_class(err, ERROR_BUNDLE, NULL);
}
