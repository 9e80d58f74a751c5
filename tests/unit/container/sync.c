/* sync.c - the handshake's packets: what is said is heard, and nothing else */
#include "container/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/packet.h"
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

START_TEST(error_arrives_whole)
{
	struct error sent = { .code = EACCES, .class = ERROR_HOOK, .where = "hooks.prestart[0]",
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
	tcase_add_test(tcase, error_arrives_whole);
	tcase_add_test(tcase, end_of_file);
	tcase_add_test(tcase, wrong_message);
	tcase_add_test(tcase, garbage);
	suite_add_tcase(suite, tcase);
	return suite;
}
