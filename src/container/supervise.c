/* supervise.c - see supervise.h */
#include "container/supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "container/relay.h"
#include "linux/signals.h"
#include "linux/terminal.h"

void supervise_prepare(bool subreaper)
{
	sigset_t all;

	signals_fill(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		log_warning("cannot adopt what the container leaves behind: %s", strerror(errno));
}

/* Reaps whoever ended; 1 when init is among them. */
static int reap(struct child *init, int *ret_status)
{
	int found = 0, status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == init->pid) {
			*ret_status = exit_code(status);
			init->pid = 0;
			found = 1;
		}
	return found;
}

static void forward(const struct child *init, struct relay *relay, int signal)
{
	if (signal == SIGWINCH && relay->console >= 0) {
		terminal_copy_size(STDIN_FILENO, relay->console);
		return;
	}
	if (signal == SIGCONT)
		relay_continue(relay);
	if (signal == SIGURG || signal == SIGTTIN || signal == SIGTTOU)
		return;
	if (syscall(SYS_pidfd_send_signal, init->pidfd, signal, NULL, 0) < 0)
		log_debug("forward signal %d: %s", signal, strerror(errno));
}

/* One signal from the descriptor; 1 when init has ended. */
static int handle_signal(int signals, struct child *init, struct relay *relay, int *ret_status)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != (ssize_t) sizeof(info))
		return 0;
	if (info.ssi_signo == SIGCHLD)
		return reap(init, ret_status);
	/* of the relay's own write: what the program has written is no reason to end it by one */
	if ((info.ssi_signo == SIGXFSZ || info.ssi_signo == SIGPIPE) &&
	    (pid_t) info.ssi_pid == getpid())
		return 0;
	forward(init, relay, (int) info.ssi_signo);
	return 0;
}

static int loop(int signals, struct child *init, struct relay *relay, int *ret_status,
		struct error *err)
{
	for (;;) {
		struct pollfd fds[1 + RELAY_FDS] = { { .fd = signals, .events = POLLIN } };
		int limit_ms = relay_events(relay, fds + 1);

		if (poll(fds, 1 + RELAY_FDS, limit_ms) < 0 && errno != EINTR)
			return fail_errno(err, "wait for the container");
		if (fds[0].revents && handle_signal(signals, init, relay, ret_status))
			return 0;
		relay_move(relay, fds + 1);
	}
}

/* The program has ended: there is nobody to pass signals on to, so they are for us. */
static int only_those_that_end(int signals)
{
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGHUP);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGQUIT);
	sigaddset(&ending, SIGTERM);
	return signalfd(signals, &ending, SFD_CLOEXEC);
}

int supervise(struct child *init, int console, int *ret_status, struct error *err)
{
	auto_relay relay = RELAY_NONE;
	auto_fd master = console;
	auto_fd signals = -1;
	sigset_t all;
	int r;

	signals_fill(&all);
	signals = signalfd(-1, &all, SFD_CLOEXEC);
	if (signals < 0)
		return fail_errno(err, "make a signal descriptor");
	if (master >= 0) {
		r = relay_open(&relay, TAKE_FD(master), err);
		if (r < 0)
			return r;
	}
	r = loop(signals, init, &relay, ret_status, err);
	if (relay.console >= 0)
		relay_drain(&relay, only_those_that_end(signals));
	return r;
}
