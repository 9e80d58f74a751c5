/* procfs.c - a procfs that is nobody else's, and writes that cannot be led astray */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "linux/procfs.h"
#include "tests/unit/linux/suites.h"
#include "tests/unit/linux/throwaway.h"

static int open_procfs(void)
{
	struct error err;
	int fd;

	ck_assert_msg(procfs_open(&fd, &err) == 0, "%s", err.text);
	return fd;
}

START_TEST(own_procfs_is_mounted_nowhere)
{
	struct stat own, mounted;
	struct statfs fs;

	if (geteuid() != 0)
		unit_skip("needs root");
	auto_fd procfs = open_procfs();
	ck_assert_int_eq(fstatfs(procfs, &fs), 0);
	ck_assert_int_eq(fs.f_type, PROC_SUPER_MAGIC);
	ck_assert_int_eq(fstat(procfs, &own), 0);
	ck_assert_int_eq(stat("/proc", &mounted), 0);
	ck_assert_uint_ne(own.st_dev, mounted.st_dev);
	ck_assert(fcntl(procfs, F_GETFD) & FD_CLOEXEC);
}
END_TEST

START_TEST(values_are_written)
{
	struct error err;

	throwaway_enter_or_skip(CLONE_NEWNET);
	auto_fd procfs = open_procfs();
	ck_assert_msg(procfs_write(procfs, "sys/net/ipv4/ip_forward", "1", &err) == 0, "%s",
		      err.text);
	ck_assert_str_eq(first_line("/proc/sys/net/ipv4/ip_forward"), "1");
}
END_TEST

START_TEST(own_files_are_written)
{
	struct error err;

	auto_fd procfs = open_procfs();
	ck_assert_msg(procfs_write_self(procfs, "oom_score_adj", "999", &err) == 0, "%s", err.text);
	ck_assert_str_eq(first_line("/proc/self/oom_score_adj"), "999");
}
END_TEST

START_TEST(own_files_are_read)
{
	struct error err;
	char text[8], cut[3];

	auto_fd procfs = open_procfs();
	ck_assert_int_eq(procfs_write_self(procfs, "oom_score_adj", "998", &err), 0);
	ck_assert_int_eq(procfs_peek_self(procfs, "oom_score_adj", text, sizeof(text), &err), 0);
	ck_assert_str_eq(text, "998\n");
	ck_assert_int_eq(procfs_peek_self(procfs, "oom_score_adj", cut, sizeof(cut), &err), 0);
	ck_assert_str_eq(cut, "99");
	ck_assert_int_eq(procfs_peek_self(procfs, "nothing", text, sizeof(text), &err), -ENOENT);
}
END_TEST

static const struct {
	const char *path;
	int code;
} refused[] = {
	{ "../etc/hostname", EXDEV },
	{ "/etc/hostname", EXDEV },
	{ "self/oom_score_adj", ELOOP },
	{ "sys/kernel/nothing", ENOENT },
};

START_TEST(path_does_not_leave)
{
	struct error err;
	char expected[128];

	auto_fd procfs = open_procfs();
	ck_assert_int_eq(procfs_write(procfs, refused[_i].path, "x", &err), -refused[_i].code);
	snprintf(expected, sizeof(expected), "open '%s' of procfs for writing: %s",
		 refused[_i].path, strerror(refused[_i].code));
	ck_assert_str_eq(err.text, expected);
}
END_TEST

START_TEST(refused_value_is_named)
{
	struct error err;

	auto_fd procfs = open_procfs();
	ck_assert_int_eq(procfs_write_self(procfs, "oom_score_adj", "x", &err), -EINVAL);
	ck_assert_msg(strstr(err.text, "write 'x' to '") && strstr(err.text, "oom_score_adj"), "%s",
		      err.text);
}
END_TEST

/* The attack of CVE-2019-16884 and CVE-2025-52881: another file mounted over the one that is
 * written.  Below a mount that a user namespace inherited the kernel gives out no new procfs, so
 * this is the second way, through /proc. */
START_TEST(what_is_mounted_over_is_not_written)
{
	char decoy[] = "/tmp/unit-procfs-XXXXXX";
	struct statfs fs;
	struct error err;

	if (geteuid() != 0)
		unit_skip("needs root");
	throwaway_enter_or_skip(CLONE_NEWUTS);
	unit_own_mounts_or_skip();
	auto_fd file = mkostemp(decoy, O_CLOEXEC);
	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(mount(decoy, "/proc/sys/kernel/hostname", NULL, MS_BIND, NULL), 0);
	unlink(decoy);
	{
		/* our own procfs has no such mount */
		auto_fd own = open_procfs();
		ck_assert_int_eq(procfs_write(own, "sys/kernel/hostname", "true", &err), 0);
		ck_assert_str_eq(first_line("/proc/sys/kernel/hostname"), "");
	}
	ck_assert_int_eq(unshare(CLONE_NEWUSER | CLONE_NEWNS), 0);
	auto_fd procfs = open_procfs();
	ck_assert_int_eq(fstatfs(procfs, &fs), 0);
	ck_assert_int_eq(fs.f_type, PROC_SUPER_MAGIC);
	ck_assert_int_eq(procfs_write(procfs, "sys/kernel/hostname", "false", &err), -EXDEV);
	ck_assert_str_eq(first_line("/proc/sys/kernel/hostname"), "");
}
END_TEST

static int open_without_proc(void)
{
	struct error err;
	int fd;

	if (mount("none", "/proc", "tmpfs", 0, NULL) < 0 ||
	    unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return 1;
	if (procfs_open(&fd, &err) != -EINVAL)
		return 2;
	return strcmp(err.text, "'/proc' is not the root of a procfs");
}

START_TEST(proc_that_is_none_is_refused)
{
	if (geteuid() != 0)
		unit_skip("needs root");
	unit_own_mounts_or_skip();
	ck_assert_int_eq(in_child(open_without_proc), 0);
}
END_TEST

Suite *linux_procfs_suite(void)
{
	Suite *suite = suite_create("linux/procfs");
	TCase *tests = tcase_create("procfs");

	tcase_add_test(tests, own_procfs_is_mounted_nowhere);
	tcase_add_test(tests, values_are_written);
	tcase_add_test(tests, own_files_are_written);
	tcase_add_test(tests, own_files_are_read);
	tcase_add_loop_test(tests, path_does_not_leave, 0, ARRAY_SIZE(refused));
	tcase_add_test(tests, refused_value_is_named);
	tcase_add_test(tests, what_is_mounted_over_is_not_written);
	tcase_add_test(tests, proc_that_is_none_is_refused);
	suite_add_tcase(suite, tests);
	return suite;
}
