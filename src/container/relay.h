/* relay.h - bytes between the user's terminal and the container's, both ways
 *
 * Each way has one buffer that is read into only when it is empty: a side that does not read
 * makes the other wait, and no byte is lost, doubled or reordered. */
#ifndef CONTAINER_RELAY_H
#define CONTAINER_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "base/error.h"

#define RELAY_FDS 4
#define RELAY_CHUNK 4096 /* a pipe that polls writable takes this much at once (PIPE_BUF) */

struct flow {
	int from; /* -1: ended */
	int to;
	size_t start;
	size_t len;
	char data[RELAY_CHUNK];
};

struct relay {
	int console; /* the pty's master; -1: nothing to do */
	int slave;   /* held open, so that the master never reads as hung up */
	bool is_raw;
	bool is_waiting; /* we are a job in the background: stdin is another's, until we are called back */
	struct termios old; /* of stdin, when is_raw */
	struct flow in;	    /* stdin to the console */
	struct flow out;    /* the console to stdout */
};

#define RELAY_NONE ((struct relay){ .console = -1, .slave = -1 })
#define auto_relay __attribute__((cleanup(relay_release))) struct relay

/* Gives the user's terminal back as it was, and hangs up the container's. */
void relay_release(struct relay *relay);

/* Puts the user's terminal (stdin, if it is one) into raw mode, as soon as it is ours.  console is the relay's
 * from now on. */
int relay_open(struct relay *ret, int console, struct error *err);

/* We were stopped: the shell may have taken the terminal, or have put it into another mode. */
void relay_continue(struct relay *relay);

/* What to poll for, as RELAY_FDS entries; returns for how long, in milliseconds, -1 without a limit. */
int relay_events(struct relay *relay, struct pollfd *fds);

/* Moves what the polled entries allow.  Where whoever reads stdout has gone, the container's terminal is hung up, as
 * one is whose window is closed. */
void relay_move(struct relay *relay, const struct pollfd *fds);

/* Init has ended: writes out what it and its children left in the pty, but not all that one of them
 * which lives on may yet write.  A reader who takes his time is waited for, until the descriptor `until` can be
 * read (-1: always). */
void relay_drain(struct relay *relay, int until);

#endif
