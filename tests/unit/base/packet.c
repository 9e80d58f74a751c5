/* packet.c - tests of base/packet.h: packets, descriptors, and peers that have gone */
#include "base/packet.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/base/suites.h"

static int pair[2];

static void open_pair(void)
{
	ck_assert_int_eq(packet_pair(pair), 0);
}

static int count_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static bool same_file(int a, int b)
{
	struct stat one, two;

	return fstat(a, &one) == 0 && fstat(b, &two) == 0 && one.st_dev == two.st_dev &&
	       one.st_ino == two.st_ino;
}

START_TEST(one_packet_a_message)
{
	char buf[16];
	int fds[PACKET_FDS_MAX];

	ck_assert_int_ne(fcntl(pair[0], F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_ne(fcntl(pair[1], F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(packet_send(pair[0], "first", 5, NULL, 0), 0);
	ck_assert_int_eq(packet_send(pair[0], "2nd", 3, NULL, 0), 0);
	ck_assert_int_eq(packet_recv(pair[1], buf, sizeof(buf), fds), 5);
	ck_assert_int_eq(memcmp(buf, "first", 5), 0);
	ck_assert_int_eq(fds[0], -1);
	ck_assert_int_eq(fds[1], -1);
	ck_assert_int_eq(packet_recv(pair[1], buf, sizeof(buf), NULL), 3);
}
END_TEST

START_TEST(with_descriptors)
{
	int sent[PACKET_FDS_MAX] = { open("/", O_RDONLY | O_CLOEXEC),
				     open("/dev/null", O_RDONLY | O_CLOEXEC) };
	int fds[PACKET_FDS_MAX];
	char c;

	for (size_t n = 0; n <= PACKET_FDS_MAX; n++) {
		ck_assert_int_eq(packet_send(pair[0], "x", 1, sent, n), 0);
		ck_assert_int_eq(packet_recv(pair[1], &c, 1, fds), 1);
		for (size_t i = 0; i < PACKET_FDS_MAX; i++) {
			if (i >= n) {
				ck_assert_int_eq(fds[i], -1);
				continue;
			}
			ck_assert_int_ge(fds[i], 0);
			ck_assert(same_file(fds[i], sent[i]));
			ck_assert_int_ne(fcntl(fds[i], F_GETFD) & FD_CLOEXEC, 0);
			close(fds[i]);
		}
	}
}
END_TEST

START_TEST(too_many_descriptors)
{
	int sent[PACKET_FDS_MAX + 1] = { 0 };

	ck_assert_int_eq(packet_send(pair[0], "x", 1, sent, PACKET_FDS_MAX + 1), -EINVAL);
}
END_TEST

/* What a hostile peer sends beyond the limit must not stay open here. */
START_TEST(receive_too_many_descriptors)
{
	char space[CMSG_SPACE(sizeof(int[PACKET_FDS_MAX + 1]))] = { 0 };
	struct iovec part = { "x", 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = space,
				  .msg_controllen = sizeof(space) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	int sent[PACKET_FDS_MAX + 1] = { 0 }, fds[PACKET_FDS_MAX], before;
	char c;

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(sent));
	memcpy(CMSG_DATA(head), sent, sizeof(sent));
	before = count_fds();
	ck_assert_int_eq(sendmsg(pair[0], &message, 0), 1);
	ck_assert_int_eq(packet_recv(pair[1], &c, 1, fds), -EPROTO);
	ck_assert_int_eq(fds[0], -1);
	ck_assert_int_eq(fds[1], -1);
	ck_assert_int_eq(count_fds(), before);
}
END_TEST

START_TEST(refused_descriptors)
{
	int before = count_fds(), sent = 0;
	char c;

	ck_assert_int_eq(packet_send(pair[0], "x", 1, &sent, 1), 0);
	ck_assert_int_eq(packet_recv(pair[1], &c, 1, NULL), -EPROTO);
	ck_assert_int_eq(count_fds(), before);
}
END_TEST

START_TEST(too_long)
{
	int before = count_fds(), sent = 0, fds[PACKET_FDS_MAX];
	char buf[4];

	ck_assert_int_eq(packet_send(pair[0], "12345", 5, &sent, 1), 0);
	ck_assert_int_eq(packet_recv(pair[1], buf, sizeof(buf), fds), -EMSGSIZE);
	ck_assert_int_eq(fds[0], -1);
	ck_assert_int_eq(count_fds(), before);
}
END_TEST

START_TEST(empty_is_no_packet)
{
	ck_assert_int_eq(packet_send(pair[0], "", 0, NULL, 0), -EINVAL);
}
END_TEST

/* A long text over a stream, whose sender is stopped when a part has gone, comes whole. */
START_TEST(interrupted_over_a_stream)
{
	static char text[1 << 20];
	const struct timeval limit = { .tv_sec = 10 };
	int ends[2], fd = STDIN_FILENO, status;
	size_t seen = 0;
	pid_t reader;
	ssize_t n;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	ck_assert_int_eq(setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)), 0);
	reader = fork();
	if (reader == 0) {
		close(ends[0]);
		usleep(200000);
		kill(getppid(), SIGSTOP);
		usleep(100000);
		kill(getppid(), SIGCONT);
		usleep(100000);
		while ((n = read(ends[1], text, sizeof(text))) > 0)
			seen += (size_t) n;
		_exit(seen != sizeof(text));
	}
	ck_assert_int_eq(packet_send(ends[0], text, sizeof(text), &fd, 1), 0);
	close(ends[0]);
	close(ends[1]);
	ck_assert_int_eq(waitpid(reader, &status, 0), reader);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(peer_has_gone)
{
	char c;

	close(pair[0]);
	ck_assert_int_eq(packet_recv(pair[1], &c, 1, NULL), 0);
	ck_assert_int_eq(packet_send(pair[1], "x", 1, NULL, 0), -EPIPE);
}
END_TEST

/* The peer's last word arrives though it has left one of ours unread. */
START_TEST(peer_has_gone_with_packets_unread)
{
	char buf[16];

	ck_assert_int_eq(packet_send(pair[1], "unread", 6, NULL, 0), 0);
	ck_assert_int_eq(packet_send(pair[0], "last", 4, NULL, 0), 0);
	close(pair[0]);
	ck_assert_int_eq(packet_recv(pair[1], buf, sizeof(buf), NULL), 4);
	ck_assert_int_eq(memcmp(buf, "last", 4), 0);
	ck_assert_int_eq(packet_recv(pair[1], buf, sizeof(buf), NULL), 0);
}
END_TEST

Suite *base_packet_suite(void)
{
	Suite *suite = suite_create("base/packet");
	TCase *tcase = tcase_create("packet");

	tcase_add_checked_fixture(tcase, open_pair, NULL);
	tcase_add_test(tcase, one_packet_a_message);
	tcase_add_test(tcase, with_descriptors);
	tcase_add_test(tcase, too_many_descriptors);
	tcase_add_test(tcase, receive_too_many_descriptors);
	tcase_add_test(tcase, refused_descriptors);
	tcase_add_test(tcase, too_long);
	tcase_add_test(tcase, empty_is_no_packet);
	tcase_add_test(tcase, interrupted_over_a_stream);
	tcase_add_test(tcase, peer_has_gone);
	tcase_add_test(tcase, peer_has_gone_with_packets_unread);
	suite_add_tcase(suite, tcase);
	return suite;
}
