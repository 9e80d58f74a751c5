/* notify.c - what of a program's words reaches the service manager */
#include "container/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "libocispec/document.h"
#include "tests/unit/container/suites.h"

static char base[] = "/tmp/coracle-notify-XXXXXX";
static char *root, *outside;
static struct state_dir dir;
static struct oci_config config;

static void setup(void)
{
	static const char json[] = "{\"ociVersion\": \"1.3.0\", \"process\": {\"cwd\": \"/\", "
				   "\"env\": [\"A=1\"]}}";
	struct oci_error reason;
	struct error err;

	ck_assert_ptr_nonnull(mkdtemp(base));
	root = xasprintf("%s/run", base);
	outside = xasprintf("%s/manager", base);
	dir = STATE_DIR_NONE;
	ck_assert_int_eq(state_dir_create(root, "c1", &dir, &err), 0);
	config = (struct oci_config){ 0 };
	ck_assert_int_eq(oci_parse(&oci_config_desc, &config, json, strlen(json), &reason), 0);
	setenv("NOTIFY_SOCKET", outside, 1);
}

static void teardown(void)
{
	struct error err;

	oci_release(&oci_config_desc, &config);
	state_dir_release(&dir);
	free(root);
	free(outside);
	ck_assert_int_eq(dir_remove(AT_FDCWD, base, &err), 0);
}

static int manager(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, path);
	ck_assert_int_eq(bind(sock, (struct sockaddr *) &address, sizeof(address)), 0);
	return sock;
}

START_TEST(only_where_there_is_a_manager)
{
	struct error err;
	int sock;

	for (int i = 0; i < 3; i++) {
		/* of the third, whom nothing listens to, we are warned */
		if (i == 0)
			unsetenv("NOTIFY_SOCKET");
		else
			setenv("NOTIFY_SOCKET", i == 1 ? "" : outside, 1);
		ck_assert_int_eq(notify_prepare(&config, &dir, &err), 0);
		ck_assert_uint_eq(config.mounts.n, 0);
		ck_assert_uint_eq(config.process->env.n, 1);
		ck_assert_int_eq(notify_listen(&dir, &sock, &err), 0);
		ck_assert_int_eq(sock, -1);
		notify_forward(sock, getpid());
	}
}
END_TEST

START_TEST(not_where_the_configuration_has_one)
{
	struct error err;

	free(config.process->env.items[0]);
	config.process->env.items[0] = xstrdup("NOTIFY_SOCKET=/own");
	ck_assert_int_eq(notify_prepare(&config, &dir, &err), 0);
	ck_assert_uint_eq(config.mounts.n, 0);
	ck_assert_uint_eq(config.process->env.n, 1);
}
END_TEST

START_TEST(mount_and_variable)
{
	auto_free char *source = xasprintf("%s/c1/notify", root);
	auto_fd outer = manager(outside);
	const struct oci_mount *mount;
	struct error err;

	ck_assert_int_ge(outer, 0);
	ck_assert_int_eq(notify_prepare(&config, &dir, &err), 0);
	ck_assert_uint_eq(config.mounts.n, 1);
	mount = &config.mounts.items[0];
	ck_assert_str_eq(mount->destination, "/run/notify");
	ck_assert_str_eq(mount->source, source);
	ck_assert_str_eq(mount->options.items[1], "ro");
	ck_assert_uint_eq(config.process->env.n, 2);
	ck_assert_str_eq(config.process->env.items[1], "NOTIFY_SOCKET=/run/notify/notify.sock");
}
END_TEST

/* As sd_notify(3) in the program does. */
static void say(const char *text)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_fd sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/c1/notify/notify.sock", root);
	ck_assert_int_eq(sendto(sock, text, strlen(text), 0, (struct sockaddr *) &address,
				sizeof(address)),
			 strlen(text));
}

static const struct {
	const char *said;
	const char *heard;
	bool is_ready; /* then MAINPID follows */
} rows[] = {
	{ "READY=1", "READY=1\n", true },
	{ "READY=1\nSTATUS=up\nERRNO=2\n", "READY=1\nSTATUS=up\nERRNO=2\n", true },
	{ "MAINPID=1\nREADY=1\nWATCHDOG=1\nFDSTORE=1\nNOTIFYACCESS=all", "READY=1\n", true },
	{ "READY=0", "READY=0\n", false },
	{ "STATUS=READY=1", "STATUS=READY=1\n", false },
	{ "RELOADING=1\nSTOPPING=1\nBUSERROR=x\nEXTEND_TIMEOUT_USEC=7",
	  "RELOADING=1\nSTOPPING=1\nBUSERROR=x\nEXTEND_TIMEOUT_USEC=7\n", false },
	{ "MAINPID=1", "", false },
	{ "ready=1", "", false },
	{ "\n\n", "", false },
	{ "x", "", false },
};

/* Init has ended: what is there is passed on, and nothing is waited for. */
START_TEST(lines)
{
	auto_fd outer = manager(outside);
	auto_str expected = { 0 };
	char heard[512] = "";
	struct error err;
	pid_t init = fork();
	auto_fd sock = -1;

	if (init == 0)
		_exit(0);
	ck_assert_int_eq(notify_prepare(&config, &dir, &err), 0);
	ck_assert_int_eq(notify_listen(&dir, &sock, &err), 0);
	say(rows[_i].said);
	notify_forward(sock, init);
	str_printf(&expected, "%s", rows[_i].heard);
	if (rows[_i].is_ready)
		str_printf(&expected, "MAINPID=%d\n", init);
	if (read(outer, heard, sizeof(heard) - 1) < 0)
		ck_assert_int_eq(errno, EAGAIN);
	ck_assert_str_eq(heard, expected.data);
	ck_assert_int_eq(waitpid(init, NULL, 0), init);
}
END_TEST

/* It runs, and says first one thing and then that it is ready: that ends the waiting. */
START_TEST(until_it_is_ready)
{
	auto_fd outer = manager(outside);
	char heard[512] = "";
	struct error err;
	auto_fd sock = -1;
	pid_t init;

	ck_assert_int_eq(notify_prepare(&config, &dir, &err), 0);
	ck_assert_int_eq(notify_listen(&dir, &sock, &err), 0);
	init = fork();
	if (init == 0) {
		say("STATUS=soon");
		say("READY=1");
		for (;;)
			pause();
	}
	notify_forward(sock, init);
	ck_assert_int_gt(read(outer, heard, sizeof(heard) - 1), 0);
	ck_assert_str_eq(heard, "STATUS=soon\n");
	kill(init, SIGKILL);
	waitpid(init, NULL, 0);
}
END_TEST

/* The container works without it. */
START_TEST(a_manager_that_is_gone)
{
	auto_fd outer = manager(outside);
	char warning[512] = "";
	struct error err;
	auto_fd sock = -1;
	pid_t init = fork();
	int log[2];

	if (init == 0)
		_exit(0);
	ck_assert_int_ge(outer, 0);
	ck_assert_int_eq(notify_prepare(&config, &dir, &err), 0);
	ck_assert_int_eq(notify_listen(&dir, &sock, &err), 0);
	say("READY=1");
	ck_assert_int_eq(unlink(outside), 0);
	ck_assert_int_eq(pipe2(log, O_CLOEXEC), 0);
	log_init(log[1], LOG_TEXT, LOG_LEVEL_WARNING);
	notify_forward(sock, init);
	ck_assert_int_gt(read(log[0], warning, sizeof(warning) - 1), 0);
	ck_assert_ptr_nonnull(strstr(warning, "tell the service manager: connect to"));
	waitpid(init, NULL, 0);
}
END_TEST

Suite *container_notify_suite(void)
{
	Suite *suite = suite_create("container/notify");
	TCase *tcase = tcase_create("notify");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, only_where_there_is_a_manager);
	tcase_add_test(tcase, not_where_the_configuration_has_one);
	tcase_add_test(tcase, mount_and_variable);
	tcase_add_loop_test(tcase, lines, 0, ARRAY_SIZE(rows));
	tcase_add_test(tcase, until_it_is_ready);
	tcase_add_test(tcase, a_manager_that_is_gone);
	suite_add_tcase(suite, tcase);
	return suite;
}
