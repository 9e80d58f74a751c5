/* relay.c - see relay.h */
#include "container/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "linux/terminal.h"

/* More than the kernel keeps of what was written to a terminal. */
#define DRAIN_MAX (64 << 10)

/* How often a job in the background looks whether it has been called to the foreground: a shell does not tell. */
#define LOOK_MS 200

enum { IN_FROM, IN_TO, OUT_FROM, OUT_TO };

void relay_release(struct relay *relay)
{
	if (relay->is_raw && !terminal_is_anothers(STDIN_FILENO))
		terminal_restore(STDIN_FILENO, &relay->old);
	relay->is_raw = false;
	cleanup_fd(&relay->slave);
	cleanup_fd(&relay->console);
}

/* The shell has the terminal as it likes it whenever we come to the foreground; what was there first counts. */
static int take_terminal(struct relay *relay, struct error *err)
{
	struct termios found;
	int r;

	relay->is_waiting = terminal_is_anothers(STDIN_FILENO);
	if (relay->is_waiting)
		return 0;
	r = terminal_raw(STDIN_FILENO, &found, err);
	if (r < 0)
		return r;
	if (!relay->is_raw)
		relay->old = found;
	relay->is_raw = true;
	/* of a change meanwhile only the job in the foreground was told */
	terminal_copy_size(STDIN_FILENO, relay->console);
	return 0;
}

int relay_open(struct relay *ret, int console, struct error *err)
{
	ret->console = console;
	ret->in.from = STDIN_FILENO;
	ret->in.to = ret->out.from = console;
	ret->out.to = STDOUT_FILENO;
	ret->slave = ioctl(console, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (ret->slave < 0)
		return fail_errno(err, "open the terminal's slave");
	if (fcntl(console, F_SETFL, O_NONBLOCK) < 0)
		return fail_errno(err, "make the terminal non-blocking");
	return isatty(STDIN_FILENO) ? take_terminal(ret, err) : 0;
}

static void flow_events(const struct flow *flow, struct pollfd *from, struct pollfd *to)
{
	*from = (struct pollfd){ .fd = flow->len ? -1 : flow->from, .events = POLLIN };
	*to = (struct pollfd){ .fd = flow->len ? flow->to : -1, .events = POLLOUT };
}

void relay_continue(struct relay *relay)
{
	relay->is_waiting |= relay->is_raw;
}

int relay_events(struct relay *relay, struct pollfd *fds)
{
	struct error ignored;

	if (relay->console < 0) {
		for (int i = 0; i < RELAY_FDS; i++)
			fds[i] = (struct pollfd){ .fd = -1 };
		return -1;
	}
	if (relay->is_waiting)
		take_terminal(relay, &ignored);
	flow_events(&relay->in, &fds[IN_FROM], &fds[IN_TO]);
	flow_events(&relay->out, &fds[OUT_FROM], &fds[OUT_TO]);
	if (!relay->is_waiting)
		return -1;
	fds[IN_FROM].fd = -1;
	return LOOK_MS;
}

static bool is_passing(int code)
{
	return code == EAGAIN || code == EINTR;
}

/* An input that has ended is not asked again; polling it would spin. */
static void flow_read(struct flow *flow)
{
	ssize_t n = read(flow->from, flow->data, sizeof(flow->data));

	if (n > 0) {
		flow->start = 0;
		flow->len = (size_t) n;
	} else if (n == 0 || !is_passing(errno)) {
		flow->from = -1;
	}
}

/* Nobody will ever read more: of a pipe, or of a terminal that has hung up.  EIO may be a disk's, too. */
static bool has_gone(int fd, int code)
{
	struct stat st;

	return code == EPIPE || (code == EIO && fstat(fd, &st) == 0 && S_ISCHR(st.st_mode));
}

/* What cannot be written is thrown away, not kept for ever: a disk that is full may have room for what comes later.
 * Returns false where the reader has gone. */
static bool flow_write(struct flow *flow)
{
	ssize_t n = write(flow->to, flow->data + flow->start, flow->len);
	int code = n < 0 ? errno : 0;

	if (n < 0 && is_passing(code))
		return true;
	if (n < 0)
		n = (ssize_t) flow->len;
	flow->start += (size_t) n;
	flow->len -= (size_t) n;
	return !has_gone(flow->to, code);
}

static bool flow_move(struct flow *flow, const struct pollfd *from, const struct pollfd *to)
{
	if (from->revents)
		flow_read(flow);
	return !to->revents || flow_write(flow);
}

void relay_move(struct relay *relay, const struct pollfd *fds)
{
	if (relay->console < 0)
		return;
	/* read(2) would say EIO, as at the end: what wakes us may be the same SIGCONT that is yet to be seen */
	if (fds[IN_FROM].revents && terminal_is_anothers(STDIN_FILENO))
		relay->is_waiting = true;
	else
		flow_move(&relay->in, &fds[IN_FROM], &fds[IN_TO]);
	if (!flow_move(&relay->out, &fds[OUT_FROM], &fds[OUT_TO]))
		relay_release(relay);
}

/* Returns false where `until` can be read, and the other side does not take what is left. */
static bool flow_finish(struct flow *flow, int until)
{
	while (flow->len) {
		struct pollfd fds[] = { { .fd = flow->to, .events = POLLOUT },
					{ .fd = until, .events = POLLIN } };

		if (poll(fds, 2, -1) <= 0)
			continue;
		if (!fds[0].revents)
			return false;
		flow_write(flow);
	}
	return true;
}

void relay_drain(struct relay *relay, int until)
{
	size_t drained = 0;

	if (relay->console < 0)
		return;
	/* non-blocking on the console's side; stdout may take its time */
	for (;;) {
		if (!flow_finish(&relay->out, until) || relay->out.from < 0 || drained >= DRAIN_MAX)
			return;
		flow_read(&relay->out);
		if (!relay->out.len)
			return;
		drained += relay->out.len;
	}
}
