/* signal_init.c - see signal_init.h */
#include "container/signal_init.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/process.h"
#include "base/text.h"
#include "container/start_socket.h"

/* For a user where /proc is mounted with hidepid, and init hides until it executes the program: nobody else
 * listens at the socket, so init lives, and its number cannot have become another's. */
static bool waits_for_start(const struct container_record *record, const struct state_dir *dir)
{
	struct error ignored;
	auto_fd sock = -1;

	return str_equal(record->status, "created") &&
	       start_socket_connect(dir, &sock, &ignored) == 0;
}

int init_pidfd(const struct container_record *record, const struct state_dir *dir, int *ret_pidfd,
	       struct error *err)
{
	const pid_t pid = (pid_t) record->pid;
	auto_fd pidfd = pid > 0 ? (int) syscall(SYS_pidfd_open, pid, 0) : -1;
	struct process_info info;
	int r;

	/* the pidfd first: then the start time is that of the process it holds, or that one waits */
	if (pid > 0 && pidfd < 0 && errno != ESRCH)
		return fail_errno(err, "open a pidfd of init");
	r = pidfd < 0 ? -ESRCH : process_find(pid, record->start_time, &info);
	if (r < 0 && r != -ESRCH && waits_for_start(record, dir))
		r = 0;
	if (r < 0 && r != -ESRCH)
		return fail(err, -r, "container '%s': look at init (pid %d): %s", record->id, pid,
			    strerror(-r));
	if (r < 0)
		return fail_as(err, ERROR_STATE, ESRCH, "container '%s': container not running",
			       record->id);
	*ret_pidfd = TAKE_FD(pidfd);
	return 0;
}

int signal_init(const struct container_record *record, const struct state_dir *dir, int signal,
		struct error *err)
{
	auto_fd pidfd = -1;
	int r;

	r = init_pidfd(record, dir, &pidfd, err);
	if (r < 0)
		return r;
	if (syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0)
		return fail_errno(err, "send signal %d to container '%s'", signal, record->id);
	return 0;
}
