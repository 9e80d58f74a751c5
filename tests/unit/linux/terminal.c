/* terminal.c - the container's pty: where it comes from, and what it becomes */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "linux/terminal.h"
#include "tests/unit/linux/rootbox.h"
#include "tests/unit/linux/suites.h"

/* A root file system with a devpts of its own. */
static int open_root_with_devpts(void)
{
	rootbox_dir(BOX_ROOT "/dev");
	rootbox_dir(BOX_ROOT "/dev/pts");
	ck_assert_int_eq(mount("devpts", BOX_ROOT "/dev/pts", "devpts", 0, "newinstance,mode=620"),
			 0);
	return open(BOX_ROOT, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

START_TEST(terminal_is_of_the_containers_devpts)
{
	const struct oci_box size = { .height = 33, .width = 111 };
	struct stat slave_stat, pts_stat;
	struct winsize window;
	struct error err;

	rootbox_enter_or_skip();
	auto_fd root = open_root_with_devpts();
	auto_fd master = -1;
	auto_fd slave = -1;
	ck_assert_msg(terminal_open(root, &size, &master, &slave, &err) == 0, "%s", err.text);
	ck_assert(isatty(slave));
	ck_assert_int_eq(fstat(slave, &slave_stat), 0);
	ck_assert_int_eq(stat(BOX_ROOT "/dev/pts/0", &pts_stat), 0);
	ck_assert_uint_eq(slave_stat.st_dev, pts_stat.st_dev);
	ck_assert_uint_eq(slave_stat.st_ino, pts_stat.st_ino);
	ck_assert_int_eq(ioctl(slave, TIOCGWINSZ, &window), 0);
	ck_assert_uint_eq(window.ws_row, 33);
	ck_assert_uint_eq(window.ws_col, 111);
	ck_assert(fcntl(slave, F_GETFD) & FD_CLOEXEC);
	ck_assert(fcntl(master, F_GETFD) & FD_CLOEXEC);
	ck_assert_int_eq(terminal_chown(slave, 1234, &err), 0);
	ck_assert_int_eq(fstat(slave, &slave_stat), 0);
	ck_assert_uint_eq(slave_stat.st_uid, 1234);
}
END_TEST

START_TEST(size_is_checked)
{
	const struct oci_box size = { .height = 24, .width = 65536 };
	struct error err;
	int master, slave;

	rootbox_enter_or_skip();
	auto_fd root = open_root_with_devpts();
	ck_assert_int_eq(terminal_open(root, &size, &master, &slave, &err), -ERANGE);
	ck_assert_str_eq(err.where, "process.consoleSize");
}
END_TEST

START_TEST(only_a_devpts_will_do)
{
	struct error err;
	int master, slave;

	rootbox_enter_or_skip();
	auto_fd root = open(BOX_ROOT, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(terminal_open(root, NULL, &master, &slave, &err), -ENOENT);
	rootbox_dir(BOX_ROOT "/dev");
	rootbox_dir(BOX_ROOT "/dev/pts");
	rootbox_file(BOX_ROOT "/dev/pts/ptmx", "");
	ck_assert_int_eq(terminal_open(root, NULL, &master, &slave, &err), -EINVAL);
	ck_assert_str_eq(err.text, "a terminal needs a devpts, and '/dev/pts' of the container "
				   "is none");
}
END_TEST

/* An image's link must not lead to the host's terminals. */
START_TEST(link_stays_in_the_root)
{
	struct error err;
	int master, slave;

	rootbox_enter_or_skip();
	rootbox_dir(BOX_ROOT "/dev");
	rootbox_link("/../../dev/pts", BOX_ROOT "/dev/pts");
	auto_fd root = open(BOX_ROOT, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(terminal_open(root, NULL, &master, &slave, &err), -ELOOP);
}
END_TEST

static int be_on_terminal(int slave)
{
	struct error err;

	if (terminal_apply(slave, &err) < 0)
		return 1;
	if (tcgetpgrp(0) != getpgrp() || open("/dev/tty", O_RDWR) < 0)
		return 2;
	return write(STDOUT_FILENO, "hello", 5) == 5 && write(STDERR_FILENO, "!", 1) == 1 ? 0 : 3;
}

START_TEST(process_gets_the_terminal)
{
	char text[16] = "";
	struct error err;
	int status;
	pid_t pid;

	rootbox_enter_or_skip();
	auto_fd root = open_root_with_devpts();
	auto_fd master = -1;
	auto_fd slave = -1;
	ck_assert_int_eq(terminal_open(root, NULL, &master, &slave, &err), 0);
	pid = fork();
	if (pid == 0)
		_exit(be_on_terminal(slave));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	ck_assert_int_eq(read(master, text, sizeof(text)), 6);
	ck_assert_str_eq(text, "hello!");
}
END_TEST

START_TEST(raw_and_back)
{
	struct termios before, old, now;
	struct error err;

	rootbox_enter_or_skip();
	auto_fd root = open_root_with_devpts();
	auto_fd master = -1;
	auto_fd slave = -1;
	ck_assert_int_eq(terminal_open(root, &(struct oci_box){ 10, 20 }, &master, &slave, &err),
			 0);
	ck_assert_int_eq(tcgetattr(slave, &before), 0);
	ck_assert(before.c_lflag & ECHO);
	ck_assert_int_eq(terminal_raw(slave, &old, &err), 0);
	ck_assert_int_eq(tcgetattr(slave, &now), 0);
	ck_assert(!(now.c_lflag & (ECHO | ICANON | ISIG)));
	terminal_restore(slave, &old);
	ck_assert_int_eq(tcgetattr(slave, &now), 0);
	ck_assert_uint_eq(now.c_lflag, before.c_lflag);
	ck_assert_int_eq(terminal_raw(root, &old, &err), -EBADF);
}
END_TEST

START_TEST(size_is_copied)
{
	struct winsize window;
	struct error err;

	rootbox_enter_or_skip();
	auto_fd root = open_root_with_devpts();
	auto_fd master = -1, slave = -1, other_master = -1, other_slave = -1;
	ck_assert_int_eq(terminal_open(root, &(struct oci_box){ 10, 20 }, &master, &slave, &err),
			 0);
	ck_assert_int_eq(terminal_open(root, NULL, &other_master, &other_slave, &err), 0);
	ck_assert_int_eq(terminal_copy_size(slave, other_master), 0);
	ck_assert_int_eq(ioctl(other_slave, TIOCGWINSZ, &window), 0);
	ck_assert_uint_eq(window.ws_row, 10);
	ck_assert_uint_eq(window.ws_col, 20);
}
END_TEST

Suite *linux_terminal_suite(void)
{
	Suite *suite = suite_create("linux/terminal");
	TCase *tests = tcase_create("terminal");

	tcase_add_test(tests, terminal_is_of_the_containers_devpts);
	tcase_add_test(tests, size_is_checked);
	tcase_add_test(tests, only_a_devpts_will_do);
	tcase_add_test(tests, link_stays_in_the_root);
	tcase_add_test(tests, process_gets_the_terminal);
	tcase_add_test(tests, raw_and_back);
	tcase_add_test(tests, size_is_copied);
	suite_add_tcase(suite, tests);
	return suite;
}
