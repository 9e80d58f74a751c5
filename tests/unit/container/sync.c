/* sync.c - the handshake's packets: what is said is heard, and nothing else */
#include "container/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/packet.h"
#include "base/timestamp.h"
#include "tests/unit/container/suites.h"

static int pair[2];

static void setup(void)
{
	ck_assert_int_eq(packet_pair(pair), 0);
}

static void teardown(void)
{
	cleanup_fd(&pair[0]);
	cleanup_fd(&pair[1]);
}

START_TEST(message_with_value_and_fd)
{
	auto_fd null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct sync_packet packet;
	struct error err;

	ck_assert_int_eq(sync_say(pair[0], SYNC_CONSOLE, 42, null, &err), 0);
	ck_assert_int_eq(sync_hear(pair[1], &packet, &err), 1);
	ck_assert_int_eq(packet.message, SYNC_CONSOLE);
	ck_assert_int_eq(packet.value, 42);
	ck_assert_int_ge(packet.fd, 0);
	ck_assert_int_eq(fcntl(packet.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	cleanup_fd(&packet.fd);
}
END_TEST

/* Beside a process that may have the same errno. */
START_TEST(said_beside_another)
{
	auto_fd null = open("/dev/null", O_RDONLY | O_CLOEXEC), heard = -1;
	struct error err;

	errno = ENOTEMPTY;
	ck_assert_int_eq(sync_say_beside(pair[0], SYNC_NETWORK, 0, null), 0);
	ck_assert_int_eq(sync_expect_fd(pair[1], SYNC_NETWORK, &heard, &err), 0);
	ck_assert_int_ge(heard, 0);
	ck_assert_int_eq(sync_say_beside(pair[0], SYNC_NETWORK, EPERM, -1), 0);
	cleanup_fd(&heard);
	ck_assert_int_eq(sync_expect_fd(pair[1], SYNC_NETWORK, &heard, &err), EPERM);
	ck_assert_int_eq(heard, -1);
	cleanup_fd(&pair[1]);
	errno = ENOTEMPTY;
	ck_assert_int_eq(sync_say_beside(pair[0], SYNC_NETWORK, 0, null), -EPIPE);
	ck_assert_int_eq(errno, ENOTEMPTY);
}
END_TEST

/* Nor does a descriptor stay that came with another message. */
START_TEST(unexpected_with_fd)
{
	auto_fd null = open("/dev/null", O_RDONLY | O_CLOEXEC), after = -1;
	int heard = 7, next = dup(null);
	struct error err;

	close(next);
	ck_assert_int_eq(sync_say(pair[0], SYNC_CONSOLE, 0, null, &err), 0);
	ck_assert_int_eq(sync_expect_fd(pair[1], SYNC_NETWORK, &heard, &err), -EPROTO);
	ck_assert_int_eq(heard, -1);
	after = dup(null);
	ck_assert_int_eq(after, next);
}
END_TEST

START_TEST(error_arrives_whole)
{
	struct error sent = { .code = EACCES,
			      .class = ERROR_HOOK,
			      .where = "hooks.prestart[0]",
			      .text = "it failed" };
	struct sync_packet packet;
	struct error err;

	sync_say_error(pair[0], &sent);
	ck_assert_int_eq(sync_hear(pair[1], &packet, &err), -EACCES);
	ck_assert_int_eq(err.class, ERROR_HOOK);
	ck_assert_str_eq(err.where, "hooks.prestart[0]");
	ck_assert_str_eq(err.text, "it failed");
}
END_TEST

START_TEST(end_of_file)
{
	struct sync_packet packet;
	struct error err;

	cleanup_fd(&pair[0]);
	ck_assert_int_eq(sync_hear(pair[1], &packet, &err), 0);
	ck_assert_int_eq(sync_expect(pair[1], SYNC_GO, &err), -EPIPE);
	ck_assert_ptr_nonnull(strstr(err.text, "before it said 'go'"));
}
END_TEST

START_TEST(wrong_message)
{
	struct error err;

	ck_assert_int_eq(sync_say(pair[0], SYNC_READY, 0, -1, &err), 0);
	ck_assert_int_eq(sync_expect(pair[1], SYNC_GO, &err), -EPROTO);
	ck_assert_str_eq(err.text, "expected 'go', heard 'ready'");
}
END_TEST

START_TEST(silence_has_a_limit)
{
	struct sync_packet packet;
	struct error err;

	ck_assert_int_eq(sync_limit(pair[1], 1, &err), 0);
	ck_assert_int_eq(sync_hear(pair[1], &packet, &err), -ETIME);
	ck_assert_str_eq(err.text, "said nothing for 1 seconds");
	ck_assert_int_eq(sync_say(pair[0], SYNC_GO, 0, -1, &err), 0);
	ck_assert_int_eq(sync_expect(pair[1], SYNC_GO, &err), 0);
}
END_TEST

static void interrupted(int signal)
{
	(void) signal;
}

/* Whatever interrupts it: the kernel would begin to count anew each time. */
START_TEST(an_interruption_gives_no_time)
{
	const struct itimerval every = { { 0, 300000 }, { 0, 300000 } }, never = { 0 };
	int64_t begin = monotonic_ms();
	struct sync_packet packet;
	struct error err;

	signal(SIGALRM, interrupted);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &every, NULL), 0);
	ck_assert_int_eq(sync_limit(pair[1], 1, &err), 0);
	ck_assert_int_eq(sync_hear(pair[1], &packet, &err), -ETIME);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
	ck_assert_int_ge(monotonic_ms() - begin, 990);
	ck_assert_int_lt(monotonic_ms() - begin, 3000);
}
END_TEST

START_TEST(garbage)
{
	static const int unknown[2] = { SYNC_MESSAGES, 0 };
	static const int empty_error[2] = { SYNC_ERROR, 0 };
	struct sync_packet packet;
	struct error err;

	ck_assert_int_eq(send(pair[0], "x", 1, 0), 1);
	ck_assert_int_eq(sync_hear(pair[1], &packet, &err), -EPROTO);
	ck_assert_int_eq(packet_send(pair[0], unknown, sizeof(unknown), NULL, 0), 0);
	ck_assert_int_eq(sync_hear(pair[1], &packet, &err), -EPROTO);
	ck_assert_int_eq(packet_send(pair[0], empty_error, sizeof(empty_error), NULL, 0), 0);
	ck_assert_int_eq(sync_hear(pair[1], &packet, &err), -EPROTO);
}
END_TEST

Suite *container_sync_suite(void)
{
	Suite *suite = suite_create("container/sync");
	TCase *tcase = tcase_create("sync");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, message_with_value_and_fd);
	tcase_add_test(tcase, said_beside_another);
	tcase_add_test(tcase, unexpected_with_fd);
	tcase_add_test(tcase, error_arrives_whole);
	tcase_add_test(tcase, end_of_file);
	tcase_add_test(tcase, wrong_message);
	tcase_add_test(tcase, silence_has_a_limit);
	tcase_add_test(tcase, an_interruption_gives_no_time);
	tcase_add_test(tcase, garbage);
	suite_add_tcase(suite, tcase);
	return suite;
}
