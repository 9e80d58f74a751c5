/* self_start.c - see self_start.h */
#include "container/self_start.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/text.h"
#include "container/annotations.h"
#include "container/create_steps.h"
#include "container/delegation.h"
#include "container/late_place.h"
#include "container/record.h"

/* In the memory of both. */
struct self_start {
	struct record_draft draft;
	bool is_allowed; /* by what runs beside init */
	bool has_begun;	 /* says init */
};

static bool is_due(const struct container *container)
{
	const struct create_options *options = container->options;
	const struct oci_config *config = &container->bundle.config;

	if (container->is_exec || container->start_sock >= 0 || !container_shares_memory(container))
		return false;
	/* what the host does when init is ready, and before it may start */
	return !config->hooks && !late_place_is_due(container) && !container->rdt.group &&
	       !container_process(container)->oom_score_adj.is_set &&
	       !delegation_is_due(container) && !container->plan.has_joined_user &&
	       !options->pid_file && !options->pidfd_socket &&
	       !annotation_get(&config->annotations, ANNOTATION_PIDFD_RECEIVER) &&
	       !getenv("NOTIFY_SOCKET");
}

int self_start_prepare(struct container *container, struct error *err)
{
	struct self_start *self_start;
	int r;

	if (!is_due(container))
		return 0;
	self_start = xcalloc(1, sizeof(*self_start));
	r = create_draft_record(container, "starting", &self_start->draft, err);
	if (r < 0) {
		free(self_start);
		return r;
	}
	container->self_start = self_start;
	return 0;
}

void self_start_allow(struct container *container)
{
	struct self_start *self_start = container->self_start;

	if (!self_start || container->device_filter_code < 0 ||
	    container->beside.loopback_code < 0 || create_put_config(container) < 0 ||
	    record_write_draft(container->dir.fd, &self_start->draft, container->init.pid) < 0)
		return;
	__atomic_store_n(&self_start->is_allowed, true, __ATOMIC_RELEASE);
}

/* It may have been killed before its death could kill us.  By recvmsg(2), as the word to start is heard: a
 * filter may be in force that lets nothing else pass. */
static bool is_host_gone(int sock)
{
	struct msghdr nothing = { .msg_iov = NULL };

	return recvmsg(sock, &nothing, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN;
}

bool self_start_begin(const struct container *container)
{
	struct self_start *self_start = container->self_start;

	if (!self_start || !__atomic_load_n(&self_start->is_allowed, __ATOMIC_ACQUIRE) ||
	    prctl(PR_SET_PDEATHSIG, 0) < 0 || is_host_gone(container->init_sock))
		return false;
	__atomic_store_n(&self_start->has_begun, true, __ATOMIC_RELEASE);
	return true;
}

bool self_start_has_begun(const struct container *container)
{
	const struct self_start *self_start = container->self_start;

	return self_start && __atomic_load_n(&self_start->has_begun, __ATOMIC_ACQUIRE);
}

void self_start_release(struct container *container)
{
	if (!container->self_start)
		return;
	record_draft_release(&container->self_start->draft);
	free(container->self_start);
	container->self_start = NULL;
}
