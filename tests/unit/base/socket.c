/* socket.c - unix sockets by paths of any length, and their limits of time */
#include "base/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "tests/unit/base/scratch.h"
#include "tests/unit/base/suites.h"

#define LONG_NAME "a-directory-with-a-name-of-fifty-bytes-exactly-so-"
#define LONG_PATH LONG_NAME "/" LONG_NAME "/" LONG_NAME

/* A socket that listens at path, made from its own directory. */
static int serve(const char *dir, const char *name, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	auto_fd here = open(".", O_PATH | O_CLOEXEC);

	strcpy(address.sun_path, name);
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(bind(sock, (struct sockaddr *) &address, sizeof(address)), 0);
	ck_assert_int_eq(fchdir(here), 0);
	if (type == SOCK_STREAM)
		ck_assert_int_eq(listen(sock, 1), 0);
	return sock;
}

static void make_long_path(void)
{
	ck_assert_int_eq(mkdir(LONG_NAME, 0755), 0);
	ck_assert_int_eq(mkdir(LONG_NAME "/" LONG_NAME, 0755), 0);
	ck_assert_int_eq(mkdir(LONG_PATH, 0755), 0);
}

static void expect_limit(int sock)
{
	struct timeval limit = { 0 };
	socklen_t size = sizeof(limit);

	ck_assert_int_eq(getsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &limit, &size), 0);
	ck_assert_int_eq(limit.tv_sec, 10);
}

START_TEST(addresses)
{
	struct sockaddr_un address;
	struct error err;
	socklen_t len;
	int dir = -1;

	ck_assert_int_eq(socket_address("name", &address, &len, &dir, &err), 0);
	ck_assert_str_eq(address.sun_path, "name");
	ck_assert_uint_eq(len, sizeof(address));
	ck_assert_int_eq(dir, -1);
	make_long_path();
	ck_assert_int_eq(socket_address(LONG_PATH "/s", &address, &len, &dir, &err), 0);
	ck_assert_int_ge(dir, 0);
	ck_assert_ptr_nonnull(str_after(address.sun_path, "/proc/self/fd/"));
	ck_assert_str_eq(strrchr(address.sun_path, '/'), "/s");
	cleanup_fd(&dir);
}
END_TEST

START_TEST(addresses_that_cannot_be)
{
	char name[200];
	struct sockaddr_un address;
	struct error err;
	socklen_t len;
	auto_fd dir = -1;

	ck_assert_int_eq(socket_address("/nowhere/" LONG_PATH "/s", &address, &len, &dir, &err),
			 -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "open the directory of the socket '/nowhere/"));
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(socket_address(name, &address, &len, &dir, &err), -ENAMETOOLONG);
	ck_assert_ptr_nonnull(strstr(err.text, "is too long"));
	name[0] = '@';
	ck_assert_int_eq(socket_address(name, &address, &len, &dir, &err), -ENAMETOOLONG);
	ck_assert_int_eq(socket_address("@", &address, &len, &dir, &err), -EINVAL);
}
END_TEST

START_TEST(stream_sockets_are_reached_by_any_path)
{
	static const char *const dirs[] = { ".", LONG_PATH };
	struct error err;

	make_long_path();
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		auto_free char *path = xasprintf("%s/stream", dirs[i]);
		auto_fd server = serve(dirs[i], "stream", SOCK_STREAM);
		auto_fd client = -1;

		ck_assert_int_ge(server, 0);
		ck_assert_msg(socket_connect(path, &client, &err) == 0, "%s", err.text);
		ck_assert_int_eq(fcntl(client, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
		expect_limit(client);
		ck_assert_int_eq(write(client, "x", 1), 1);
	}
}
END_TEST

START_TEST(datagram)
{
	auto_fd server = serve(".", "datagram", SOCK_DGRAM);
	auto_fd client = -1;
	char text[8] = "";
	struct error err;

	ck_assert_int_eq(socket_connect_datagram("datagram", &client, &err), 0);
	expect_limit(client);
	ck_assert_int_eq(write(client, "word", 4), 4);
	ck_assert_int_eq(read(server, text, sizeof(text)), 4);
	ck_assert_str_eq(text, "word");
}
END_TEST

/* Bound as whoever listens does it: the length that counts is that of the name, up to all that there is room for. */
START_TEST(abstract)
{
	char path[sizeof(((struct sockaddr_un *) NULL)->sun_path) + 1];
	const size_t lengths[] = { 30, sizeof(path) - 1 };
	struct error err;

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct sockaddr_un address = { .sun_family = AF_UNIX };
		auto_fd server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		auto_fd client = -1;
		int n = snprintf(path, sizeof(path), "@coracle/%d", getpid());

		memset(path + n, 'n', lengths[i] - (size_t) n);
		path[lengths[i]] = '\0';
		memcpy(address.sun_path + 1, path + 1, lengths[i] - 1);
		ck_assert_int_eq(bind(server, (struct sockaddr *) &address,
				      (socklen_t) (offsetof(struct sockaddr_un, sun_path) +
						   lengths[i])),
				 0);
		ck_assert_int_eq(listen(server, 1), 0);
		ck_assert_msg(socket_connect(path, &client, &err) == 0, "%s", err.text);
	}
}
END_TEST

START_TEST(nobody_there)
{
	struct error err;
	auto_fd client = -1;

	close(serve(".", "left", SOCK_STREAM));
	ck_assert_int_eq(socket_connect("left", &client, &err), -ECONNREFUSED);
	ck_assert_str_eq(err.text, "connect to the socket 'left': Connection refused");
	ck_assert_int_eq(socket_connect("none", &client, &err), -ENOENT);
	ck_assert_int_eq(socket_connect_datagram("left", &client, &err), -ECONNREFUSED);
	ck_assert_int_eq(client, -1);
}
END_TEST

/* A stop is enough to interrupt it, with the limit that it has. */
START_TEST(an_interruption_does_not_end_the_wait)
{
	auto_fd server = serve(".", "busy", SOCK_STREAM);
	auto_fd first = -1;
	auto_fd second = -1;
	auto_fd third = -1;
	struct error err;
	pid_t accepter;
	int status;

	ck_assert_int_eq(socket_connect("busy", &first, &err), 0);
	ck_assert_int_eq(socket_connect("busy", &second, &err), 0);
	accepter = fork();
	if (accepter == 0) {
		usleep(200000);
		kill(getppid(), SIGSTOP);
		kill(getppid(), SIGCONT);
		usleep(200000);
		_exit(accept(server, NULL, NULL) < 0);
	}
	ck_assert_msg(socket_connect("busy", &third, &err) == 0, "%s", err.text);
	ck_assert_int_eq(waitpid(accepter, &status, 0), accepter);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* What conmon and containerd do: one recvmsg, a name and one descriptor. */
static int receive(int server, char *text, size_t size)
{
	struct iovec data = { text, size - 1 };
	char control[CMSG_SPACE(sizeof(int))];
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	auto_fd sock = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	ssize_t n = recvmsg(sock, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int fd;

	ck_assert_int_gt(n, 0);
	text[n] = '\0';
	ck_assert_ptr_nonnull(header);
	ck_assert_int_eq(header->cmsg_type, SCM_RIGHTS);
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

START_TEST(a_descriptor_is_sent)
{
	auto_fd server = serve(".", "console", SOCK_STREAM);
	auto_fd file = open("/dev/null", O_RDWR | O_CLOEXEC);
	auto_fd got = -1;
	struct stat sent, received;
	struct error err;
	char text[64];

	ck_assert_msg(socket_send_fd("console", "its name", file, &err) == 0, "%s", err.text);
	got = receive(server, text, sizeof(text));
	ck_assert_str_eq(text, "its name");
	ck_assert_int_eq(fstat(file, &sent), 0);
	ck_assert_int_eq(fstat(got, &received), 0);
	ck_assert_uint_eq(sent.st_rdev, received.st_rdev);

	ck_assert_int_eq(socket_send_fd("none", "", file, &err), -ENOENT);
	ck_assert_str_eq(err.text, "connect to the socket 'none': No such file or directory");
	ck_assert_int_eq(socket_send_fd("console", "x", -1, &err), -EBADF);
	ck_assert_str_eq(err.text,
			 "send the descriptor over the socket 'console': Bad file descriptor");
}
END_TEST

Suite *base_socket_suite(void)
{
	Suite *suite = suite_create("base/socket");
	TCase *tcase = tcase_create("socket");

	tcase_add_checked_fixture(tcase, scratch_enter, scratch_leave);
	tcase_add_test(tcase, addresses);
	tcase_add_test(tcase, addresses_that_cannot_be);
	tcase_add_test(tcase, stream_sockets_are_reached_by_any_path);
	tcase_add_test(tcase, datagram);
	tcase_add_test(tcase, abstract);
	tcase_add_test(tcase, nobody_there);
	tcase_add_test(tcase, a_descriptor_is_sent);
	tcase_add_test(tcase, an_interruption_does_not_end_the_wait);
	suite_add_tcase(suite, tcase);
	return suite;
}
