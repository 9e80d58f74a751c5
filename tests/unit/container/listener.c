/* listener.c - what a seccomp agent is sent */
#include "container/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/packet.h"
#include "base/text.h"
#include "tests/unit/container/suites.h"

static char base[] = "/tmp/coracle-listener-XXXXXX";
static struct oci_seccomp seccomp;
static const struct oci_state state = {
	.oci_version = "1.3.0",
	.id = "c1",
	.status = "creating",
	.pid = { true, 77 },
	.bundle = "/bundle",
};

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(base));
	seccomp = (struct oci_seccomp){ .listener_path = xasprintf("%s/agent", base) };
}

static void teardown(void)
{
	struct error err;

	free(seccomp.listener_path);
	ck_assert_int_eq(dir_remove(AT_FDCWD, base, &err), 0);
}

static int listen_there(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int agent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, seccomp.listener_path);
	ck_assert_int_eq(bind(agent, (struct sockaddr *) &address, sizeof(address)), 0);
	ck_assert_int_eq(listen(agent, 1), 0);
	return agent;
}

/* The document that one connection brings, and the descriptor with it. */
static int receive(int agent, char *json, size_t size)
{
	auto_fd connection = accept4(agent, NULL, NULL, SOCK_CLOEXEC);
	int fds[PACKET_FDS_MAX];
	ssize_t n = packet_recv(connection, json, size - 1, fds);

	ck_assert_int_gt(n, 0);
	json[n] = '\0';
	ck_assert_int_eq(fds[1], -1);
	return fds[0];
}

START_TEST(state_and_descriptor)
{
	static const char *const documents[] = {
		"{\"ociVersion\":\"1.3.0\",\"fds\":[\"seccompFd\"],\"pid\":78,\"state\":{"
		"\"ociVersion\":\"1.3.0\",\"id\":\"c1\",\"status\":\"creating\",\"pid\":77,"
		"\"bundle\":\"/bundle\"}}",
		"{\"ociVersion\":\"1.3.0\",\"fds\":[\"seccompFd\"],\"pid\":78,\"metadata\":\"m \\\"1\\\"\","
		"\"state\":{\"ociVersion\":\"1.3.0\",\"id\":\"c1\",\"status\":\"creating\",\"pid\":77,"
		"\"bundle\":\"/bundle\"}}",
	};
	auto_fd agent = listen_there();
	auto_fd null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct stat sent, received;
	char json[1024];
	struct error err;

	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		auto_fd got = -1;

		seccomp.listener_metadata = i ? "m \"1\"" : NULL;
		ck_assert_int_eq(listener_send(&seccomp, &state, 78, null, &err), 0);
		got = receive(agent, json, sizeof(json));
		ck_assert_str_eq(json, documents[i]);
		ck_assert_int_eq(fstat(null, &sent), 0);
		ck_assert_int_eq(fstat(got, &received), 0);
		ck_assert_uint_eq(sent.st_rdev, received.st_rdev);
	}
}
END_TEST

START_TEST(without_a_descriptor)
{
	struct error err;

	ck_assert_int_eq(listener_send(&seccomp, &state, 78, -1, &err), -EPROTO);
}
END_TEST

START_TEST(without_an_agent)
{
	auto_fd null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct error err;

	ck_assert_int_eq(listener_send(&seccomp, &state, 78, null, &err), -ENOENT);
	ck_assert_int_eq(err.class, ERROR_CONFIG);
	ck_assert_str_eq(err.where, "linux.seccomp.listenerPath");
	ck_assert_ptr_nonnull(
		str_after(err.text, "linux.seccomp.listenerPath: connect to the socket"));
	close(listen_there());
	ck_assert_int_eq(listener_send(&seccomp, &state, 78, null, &err), -ECONNREFUSED);
}
END_TEST

Suite *container_listener_suite(void)
{
	Suite *suite = suite_create("container/listener");
	TCase *tcase = tcase_create("listener");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, state_and_descriptor);
	tcase_add_test(tcase, without_a_descriptor);
	tcase_add_test(tcase, without_an_agent);
	suite_add_tcase(suite, tcase);
	return suite;
}
