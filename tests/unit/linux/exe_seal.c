/* exe_seal.c - the sealed program cannot be written to, and goes on running */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "linux/exe_remap.h"
#include "linux/exe_seal.h"
#include "tests/unit/linux/suites.h"
#include "tests/unit/linux/throwaway.h"

static int initialised = 42;
static const char *const relocated[] = { "one", "two" };

/* False, having said why, where sealing would take a second execution of the test program. */
static bool can_seal(const char *test)
{
	struct prctl_mm_map map;

	if (geteuid() != 0) {
		unit_say_skipped(test, "needs root");
		return false;
	}
	if (!exe_remap_plan(&map)) {
		unit_say_skipped(test, "this program cannot change what it runs from");
		return false;
	}
	return true;
}

static void seal(void)
{
	struct error err;

	ck_assert_msg(exe_seal(&err) == 0, "%s", err.text);
}

/* This program plays several parts; the environment says which. */
static int execute(const char *program, const char *part)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		setenv("UNIT_PART", part, 1);
		execl(program, "run", NULL);
		_exit(126);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* What leak()'s shell answers. */
enum { WRITTEN = 10, REFUSED = 20 };

/* Leaves a descriptor of the program to a shell, which tries to write. */
static void leak(void)
{
	char script[128];
	int fd = open("/proc/self/exe", O_PATH);

	snprintf(script, sizeof(script),
		 "if (: >> /proc/self/fd/%d) 2>/dev/null; then exit %d; else exit %d; fi", fd,
		 WRITTEN, REFUSED);
	execl("/bin/sh", "sh", "-c", script, NULL);
	_exit(126);
}

static __attribute__((constructor)) void play(void)
{
	const char *part = getenv("UNIT_PART");
	struct error err;

	if (str_equal(part, "ask"))
		_exit(access("/proc/self/exe", W_OK) == 0 ? 0 : errno);
	if (str_equal(part, "seal and leak") && exe_seal(&err) < 0)
		_exit(126);
	if (part)
		leak();
}

START_TEST(program_goes_on)
{
	struct stat before, after;
	void *heap;

	if (!can_seal(__func__))
		return;
	heap = malloc(100000);
	auto_free char *command = xstrdup(first_line("/proc/self/cmdline"));
	initialised++;
	ck_assert_int_eq(stat("/proc/self/exe", &before), 0);
	seal();
	ck_assert_int_eq(stat("/proc/self/exe", &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_int_eq(initialised, 43);
	ck_assert_str_eq(relocated[1], "two");
	ck_assert_str_eq(first_line("/proc/self/cmdline"), command);
	free(heap);
	heap = malloc(200000); /* the heap still grows */
	ck_assert_ptr_nonnull(heap);
	free(heap);
}
END_TEST

/* While a program runs nobody may write to it in any case (ETXTBSY), so these ask for the mount. */
START_TEST(running_program_is_on_a_readonly_mount)
{
	struct statvfs fs;

	if (!can_seal(__func__))
		return;
	ck_assert_int_eq(access("/proc/self/exe", W_OK), 0);
	seal();
	ck_assert_int_lt(access("/proc/self/exe", W_OK), 0);
	ck_assert_int_eq(errno, EROFS);
	ck_assert_int_eq(statvfs("/proc/self/exe", &fs), 0);
	ck_assert(fs.f_flag & ST_RDONLY);
}
END_TEST

/* The attack: keep a descriptor of the runtime's program, execute another, then write.  On a copy
 * of the test program, which nobody runs by then. */
static int attack(const char *part)
{
	char copy[] = "/tmp/unit-exe-XXXXXX";
	auto_fd from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	auto_fd to = mkostemp(copy, O_CLOEXEC);
	int status;

	ck_assert_int_gt(sendfile(to, from, NULL, 1 << 30), 0);
	ck_assert_int_eq(fchmod(to, 0700), 0);
	cleanup_fd(&to);
	to = -1;
	status = execute(copy, part);
	unlink(copy);
	return status;
}

START_TEST(kept_descriptor_cannot_be_written_to)
{
	if (!can_seal(__func__))
		return;
	ck_assert_int_eq(attack("leak"), WRITTEN);
	ck_assert_int_eq(attack("seal and leak"), REFUSED);
}
END_TEST

/* Root of a container that has CAP_SYS_ADMIN cannot make the mount writable again. */
START_TEST(mount_cannot_be_changed)
{
	struct mount_attr writable = { .attr_clr = MOUNT_ATTR_RDONLY };
	long r;

	if (!can_seal(__func__))
		return;
	seal();
	unit_own_mounts_or_skip();
	r = syscall(SYS_mount_setattr, AT_FDCWD, "/proc/self/exe", 0, &writable, sizeof(writable));
	ck_assert_int_lt(r, 0);
	ck_assert_int_lt(mount(NULL, "/proc/self/exe", NULL, MS_REMOUNT | MS_BIND, NULL), 0);
	ck_assert_int_lt(mount("/proc/self/exe", "/tmp", NULL, MS_BIND, NULL), 0);
	ck_assert_int_lt(syscall(SYS_open_tree, AT_FDCWD, "/proc/self/exe", OPEN_TREE_CLONE), 0);
	ck_assert_int_lt(access("/proc/self/exe", W_OK), 0);
	ck_assert_int_eq(errno, EROFS);
}
END_TEST

/* The container's args[0] is /proc/self/exe: what then runs is sealed too. */
START_TEST(executed_anew_it_is_sealed)
{
	if (!can_seal(__func__))
		return;
	seal();
	ck_assert_int_eq(execute("/proc/self/exe", "ask"), EROFS);
}
END_TEST

Suite *linux_exe_seal_suite(void)
{
	Suite *suite = suite_create("linux/exe_seal");
	TCase *tests = tcase_create("seal");

	tcase_add_test(tests, program_goes_on);
	tcase_add_test(tests, running_program_is_on_a_readonly_mount);
	tcase_add_test(tests, kept_descriptor_cannot_be_written_to);
	tcase_add_test(tests, mount_cannot_be_changed);
	tcase_add_test(tests, executed_anew_it_is_sealed);
	suite_add_tcase(suite, tests);
	return suite;
}
