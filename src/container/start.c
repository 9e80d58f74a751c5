/* start.c - let a created container run its program */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "container/delete.h"
#include "container/notify.h"
#include "container/operations.h"
#include "container/record.h"
#include "container/signal_init.h"
#include "container/start_socket.h"
#include "container/starvation.h"
#include "container/state_dir.h"
#include "container/stored.h"
#include "container/sync.h"

static int serve_listener(const struct state_dir *dir, const struct container_record *record,
			  int sock, int listener, struct error *err)
{
	int r;

	r = stored_listener_send(dir, record, listener, err);
	return r < 0 ? r : sync_say(sock, SYNC_GO, 0, -1, err);
}

/* Says start; the end of file is the program's execve(2). */
static int start_init(const struct state_dir *dir, const struct container_record *record,
		      struct error *err)
{
	struct sync_packet packet;
	struct error ignored;
	auto_fd sock = -1;
	int r;

	r = start_socket_connect(dir, &sock, err);
	if (r < 0)
		return r;
	r = sync_limit(sock, SYNC_CREATE_LIMIT_SECONDS + record->hooks_limit, err);
	if (r == 0)
		r = sync_say(sock, SYNC_START, 0, -1, err);
	if (r < 0)
		return r;
	r = sync_hear(sock, &packet, err);
	if (r > 0 && packet.message == SYNC_LISTENER) {
		r = serve_listener(dir, record, sock, packet.fd, err);
		cleanup_fd(&packet.fd);
		if (r < 0)
			return r;
		r = sync_hear(sock, &packet, err);
	}
	if (r == -ETIME)
		signal_init(record, dir, SIGKILL, &ignored);
	if (r < 0)
		return fail_in(err, "container init");
	return r ? fail(err, EPROTO, "init said '%s' after start", sync_name(packet.message)) : 0;
}

/* A startContainer or poststart hook that failed ends the container as delete would (runtime.md,
 * "Lifecycle"); any other failure leaves one that has stopped. */
static int end_by_hook(struct state_dir *dir, const struct container_record *record,
		       struct error *err)
{
	if (err->class == ERROR_HOOK)
		container_destroy(dir, record);
	return -err->code;
}

int container_start(const char *root, const char *id, struct error *err)
{
	auto_state_dir dir = STATE_DIR_NONE;
	auto_record record = { 0 };
	auto_fd notify = -1;
	auto_fd pidfd = -1;
	enum container_status status;
	int r;

	r = state_dir_open(root, id, &dir, err);
	if (r == 0)
		r = state_dir_lock(&dir, err);
	if (r == 0)
		r = record_load(&dir, &record, err);
	if (r < 0)
		return r;
	status = record_status(&record, &dir);
	if (status != STATUS_CREATED)
		return fail_as(err, ERROR_STATE, EINVAL,
			       "cannot start container '%s': it is %s, not created", id,
			       container_status_name(status));
	r = notify_listen(&dir, &notify, err);
	if (r == 0 && record.has_very_little_memory)
		r = init_pidfd(&record, &dir, &pidfd, err);
	if (r < 0)
		return r;
	r = start_init(&dir, &record, err);
	if (r == 0)
		r = starvation_check_started(&record, pidfd, err);
	if (r < 0)
		return end_by_hook(&dir, &record, err);
	free(record.status);
	record.status = xstrdup("running");
	/* the kernel tells it, too: record_status() */
	if (record_write(&dir, &record, err) < 0)
		log_warning("container '%s' runs, which could not be written down: %s", id,
			    err->text);
	unlinkat(dir.fd, STATE_START, 0);
	r = stored_hooks_run(&dir, &record, STORED_POSTSTART, err);
	if (r < 0)
		return end_by_hook(&dir, &record, err);
	state_dir_unlock(&dir);
	notify_forward(notify, (pid_t) record.pid);
	return 0;
}
