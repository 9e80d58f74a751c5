/* relay.c - bytes through a pty both ways: all of them, in order, whoever is slow */
#include "container/relay.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "linux/terminal.h"
#include "tests/unit/container/suites.h"

#define TOTAL 300000

static char pattern(size_t i)
{
	return (char) ('a' + i % 23);
}

/* The container's side: writes TOTAL bytes to its terminal. */
static _Noreturn void write_pattern(int master)
{
	struct termios old;
	struct error err;
	char buf[1000];
	int slave = open(ptsname(master), O_RDWR | O_NOCTTY);

	if (slave < 0 || terminal_raw(slave, &old, &err) < 0)
		_exit(1);
	for (size_t done = 0; done < TOTAL; done += sizeof(buf)) {
		for (size_t i = 0; i < sizeof(buf); i++)
			buf[i] = pattern(done + i);
		if (write(slave, buf, sizeof(buf)) != (ssize_t) sizeof(buf))
			_exit(1);
	}
	_exit(0);
}

/* The relay's side, as supervise() runs it: stdin ends at once, stdout is the pipe. */
static _Noreturn void run_relay(int master, int out)
{
	auto_relay relay = RELAY_NONE;
	struct error err;

	dup2(open("/dev/null", O_RDONLY), 0);
	dup2(out, 1);
	if (relay_open(&relay, master, &err) < 0)
		_exit(1);
	for (int quiet = 0; quiet < 2;) {
		struct pollfd fds[RELAY_FDS];

		relay_events(&relay, fds);
		quiet = poll(fds, RELAY_FDS, 300) == 0 ? quiet + 1 : 0;
		relay_move(&relay, fds);
	}
	relay_drain(&relay, -1);
	relay_release(&relay);
	_exit(0);
}

static _Noreturn void drain(int master, int out)
{
	auto_relay relay = RELAY_NONE;
	struct error err;

	dup2(open("/dev/null", O_RDONLY), 0);
	dup2(out, 1);
	if (relay_open(&relay, master, &err) < 0)
		_exit(1);
	relay_drain(&relay, -1);
	_exit(0);
}

/* A reader that pauses makes the writer wait; nothing is lost. */
START_TEST(every_byte_in_order)
{
	auto_fd master = unit_terminal();
	char buf[777];
	size_t seen = 0;
	pid_t writer, relay;
	int out[2], status;
	ssize_t n;

	if (master < 0)
		unit_skip("no terminals: %m");
	ck_assert_int_eq(pipe(out), 0);
	writer = fork();
	if (writer == 0)
		write_pattern(master);
	relay = fork();
	if (relay == 0)
		run_relay(master, out[1]);
	close(out[1]);
	while ((n = read(out[0], buf, sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			ck_assert_int_eq(buf[i], pattern(seen + (size_t) i));
		seen += (size_t) n;
		if (seen % 50000 < sizeof(buf))
			usleep(20000);
	}
	ck_assert_uint_eq(seen, TOTAL);
	ck_assert_int_eq(waitpid(writer, &status, 0), writer);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(waitpid(relay, &status, 0), relay);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* A descriptor that is not to block is often the caller's, and so are its readers' pauses. */
START_TEST(a_reader_that_pauses_costs_no_time)
{
	struct relay relay = RELAY_NONE;
	struct timespec used;
	char buf[4096] = { 0 };
	int out[2];
	pid_t reader;

	ck_assert_int_eq(pipe2(out, O_NONBLOCK), 0);
	while (write(out[1], buf, sizeof(buf)) > 0)
		;
	reader = fork();
	if (reader == 0) {
		usleep(500000);
		while (read(out[0], buf, sizeof(buf)) > 0)
			;
		_exit(0);
	}
	relay.console = 0;
	relay.out = (struct flow){ .from = -1, .to = out[1], .len = 1 };
	relay_drain(&relay, -1);
	ck_assert_uint_eq(relay.out.len, 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	ck_assert_int_lt(used.tv_sec * 1000 + used.tv_nsec / 1000000, 50);
	waitpid(reader, NULL, 0);
}
END_TEST

/* A process that init has left behind writes faster than stdout is read. */
START_TEST(whoever_writes_on_is_not_waited_for)
{
	auto_fd master = unit_terminal();
	auto_fd slave = -1;
	char buf[4096] = { 0 };
	size_t seen = 0;
	pid_t writer, relay;
	int out[2];
	ssize_t n;

	if (master < 0)
		unit_skip("no terminals: %m");
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	ck_assert_int_ge(slave, 0);
	writer = fork();
	while (writer == 0)
		if (write(slave, buf, sizeof(buf)) < 0)
			_exit(1);
	ck_assert_int_eq(pipe(out), 0);
	while (seen < 60000 && (n = write(out[1], buf, sizeof(buf))) > 0)
		seen += (size_t) n;
	relay = fork();
	if (relay == 0)
		drain(master, out[1]);
	close(out[1]);
	for (seen = 0; seen < 1000000 && (n = read(out[0], buf, sizeof(buf))) > 0;) {
		seen += (size_t) n;
		usleep(2000);
	}
	kill(relay, SIGKILL);
	kill(writer, SIGKILL);
	ck_assert_uint_lt(seen, 1000000);
	ck_assert_uint_gt(seen, 60000);
}
END_TEST

START_TEST(without_a_console_it_waits_for_nothing)
{
	struct relay relay = RELAY_NONE;
	struct pollfd fds[RELAY_FDS];

	relay_events(&relay, fds);
	for (int i = 0; i < RELAY_FDS; i++)
		ck_assert_int_eq(fds[i].fd, -1);
	relay_move(&relay, fds);
	relay_drain(&relay, -1);
	relay_release(&relay);
}
END_TEST

Suite *container_relay_suite(void)
{
	Suite *suite = suite_create("container/relay");
	TCase *tcase = tcase_create("relay");

	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, every_byte_in_order);
	tcase_add_test(tcase, a_reader_that_pauses_costs_no_time);
	tcase_add_test(tcase, whoever_writes_on_is_not_waited_for);
	tcase_add_test(tcase, without_a_console_it_waits_for_nothing);
	suite_add_tcase(suite, tcase);
	return suite;
}
