/* namespaces.c - namespace names, and what may be joined */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "linux/namespaces.h"
#include "tests/unit/linux/suites.h"
#include "tests/unit/linux/throwaway.h"

START_TEST(every_name_has_its_flag)
{
	size_t n = 0;

	for (const char *const *name = namespace_names(); *name; name++, n++)
		ck_assert_str_eq(namespace_name(namespace_flag(*name)), *name);
	ck_assert_uint_eq(n, 8);
	ck_assert_uint_eq(namespace_flag("mount"), CLONE_NEWNS);
	ck_assert_uint_eq(namespace_flag("network"), CLONE_NEWNET);
	ck_assert_uint_eq(namespace_flag("time"), 0x80);
	ck_assert_uint_eq(namespace_flag("mnt"), 0);
	ck_assert_uint_eq(namespace_flag(""), 0);
	ck_assert_ptr_null(namespace_name(CLONE_VM));
}
END_TEST

static const struct {
	const char *path;
	int code;
	const char *text;
} refused[] = {
	{ "/nonexistent", ENOENT,
	  "linux.namespaces[1].path: open the network namespace '/nonexistent': "
	  "No such file or directory" },
	{ "/etc/passwd", EINVAL, "linux.namespaces[1].path: '/etc/passwd' is not a namespace" },
	{ "/proc/self/ns/uts", EINVAL,
	  "linux.namespaces[1].path: '/proc/self/ns/uts' is a uts namespace, "
	  "not a network namespace" },
};

START_TEST(only_a_namespace_of_the_type_is_opened)
{
	struct error err;
	int fd;

	ck_assert_int_eq(namespace_open(refused[_i].path, CLONE_NEWNET, "linux.namespaces[1].path",
					&fd, &err),
			 -refused[_i].code);
	ck_assert_str_eq(err.text, refused[_i].text);
	ck_assert_str_eq(err.where, "linux.namespaces[1].path");
}
END_TEST

/* Nobody writes to it: opening it as usual would wait for ever. */
START_TEST(fifo_is_not_waited_for)
{
	char dir[] = "/tmp/unit-namespaces-XXXXXX", path[64];
	struct error err;
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/fifo", dir);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(namespace_open(path, CLONE_NEWNET, "", &fd, &err), -EINVAL);
	unlink(path);
	rmdir(dir);
}
END_TEST

START_TEST(the_own_one_of_each_type_is_opened)
{
	auto_fd procfs = open("/proc", O_PATH | O_DIRECTORY);
	struct error err;

	for (const char *const *name = namespace_names(); *name; name++) {
		uint64_t flag = namespace_flag(*name);
		auto_fd fd = -1;

		ck_assert_msg(namespace_open_own(procfs, flag, &fd, &err) == 0, "%s", err.text);
		ck_assert_msg(fd < 0 || namespace_is_own(fd, flag), "%s", *name);
		ck_assert(fd >= 0 || flag != CLONE_NEWUSER);
	}
	auto_fd fd = -1;
	ck_assert_int_eq(namespace_open_own(procfs, CLONE_VM, &fd, &err), -EINVAL);
	ck_assert_str_eq(err.text, "0x100 is no namespace's flag");
	ck_assert_int_eq(fd, -1);
}
END_TEST

static ino_t uts_inode(void)
{
	struct stat st;

	ck_assert_int_eq(stat("/proc/self/ns/uts", &st), 0);
	return st.st_ino;
}

START_TEST(joining_brings_back)
{
	ino_t before = uts_inode();
	struct error err;

	auto_fd fd = -1;
	ck_assert_int_eq(namespace_open("/proc/self/ns/uts", CLONE_NEWUTS, "", &fd, &err), 0);
	if (geteuid() != 0)
		unit_skip("needs root");
	throwaway_enter_or_skip(CLONE_NEWUTS);
	ck_assert_uint_ne(uts_inode(), before);
	ck_assert_msg(namespace_join(fd, CLONE_NEWUTS, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(uts_inode(), before);
	ck_assert_int_eq(namespace_join(fd, CLONE_NEWNET, &err), -EINVAL);
	ck_assert_str_eq(err.text, "join the network namespace: Invalid argument");
}
END_TEST

/* A child in a uts namespace of its own, and this process. */
START_TEST(differing_ones_are_found_and_joined_at_once)
{
	uint64_t found = 1;
	struct error err;
	ino_t before = uts_inode();
	pid_t child;
	int ready[2];
	char byte;

	ck_assert_msg(namespaces_differ(getpid(), 0, &found, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(found, 0);
	if (geteuid() != 0)
		unit_skip("needs root");
	ck_assert_int_eq(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		if (unshare(CLONE_NEWUTS | CLONE_NEWIPC) == 0 && write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		unit_skip("no new namespaces here");
	ck_assert_msg(namespaces_differ(child, 0, &found, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(found, CLONE_NEWUTS | CLONE_NEWIPC);
	ck_assert_msg(namespaces_differ(child, CLONE_NEWNET, &found, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(found, CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET);
	found = CLONE_NEWUTS | CLONE_NEWIPC;
	auto_fd pidfd = (int) syscall(SYS_pidfd_open, child, 0);
	ck_assert_msg(namespace_join(pidfd, found, &err) == 0, "%s", err.text);
	ck_assert_uint_ne(uts_inode(), before);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	ck_assert_int_eq(namespace_join(pidfd, found, &err), -ESRCH);
	ck_assert_str_eq(err.text, "join the namespaces: No such process");
	ck_assert_int_eq(namespaces_differ(child, 0, &found, &err), -ENOENT);
}
END_TEST

START_TEST(owner_is_told_apart)
{
	struct error err;

	auto_fd outside = -1;
	auto_fd inside = -1;
	ck_assert_int_eq(namespace_open("/proc/self/ns/uts", CLONE_NEWUTS, "", &outside, &err), 0);
	ck_assert_int_eq(namespace_owner_is_current(outside), 1);
	throwaway_enter_or_skip(CLONE_NEWUSER | CLONE_NEWUTS);
	ck_assert_int_eq(namespace_open("/proc/self/ns/uts", CLONE_NEWUTS, "", &inside, &err), 0);
	ck_assert_int_eq(namespace_owner_is_current(inside), 1);
	ck_assert_int_eq(namespace_owner_is_current(outside), 0);
}
END_TEST

Suite *linux_namespaces_suite(void)
{
	Suite *suite = suite_create("linux/namespaces");
	TCase *tests = tcase_create("namespaces");

	tcase_add_test(tests, every_name_has_its_flag);
	tcase_add_loop_test(tests, only_a_namespace_of_the_type_is_opened, 0,
			    sizeof(refused) / sizeof(*refused));
	tcase_add_test(tests, fifo_is_not_waited_for);
	tcase_add_test(tests, the_own_one_of_each_type_is_opened);
	tcase_add_test(tests, joining_brings_back);
	tcase_add_test(tests, differing_ones_are_found_and_joined_at_once);
	tcase_add_test(tests, owner_is_told_apart);
	suite_add_tcase(suite, tests);
	return suite;
}
