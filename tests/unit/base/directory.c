/* directory.c - tests of the directories of base/file.h */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/base/scratch.h"
#include "tests/unit/base/suites.h"

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

START_TEST(make_with_parents)
{
	char path[128];
	struct error err;
	struct stat st;

	umask(0);
	ck_assert_int_eq(dir_make("a", 0711, &err), 0);
	ck_assert_int_eq(dir_make("a/b//c/d/", 0750, &err), 0);
	ck_assert_int_eq(stat("a", &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0711);
	ck_assert_int_eq(stat("a/b/c/d", &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0750);
	ck_assert_int_eq(dir_make("a/b/c/d", 0700, &err), 0);
	snprintf(path, sizeof(path), "%s/e/f", scratch_path);
	ck_assert_int_eq(dir_make(path, 0700, &err), 0);
	ck_assert(exists("e/f"));
}
END_TEST

START_TEST(make_where_something_else_is)
{
	struct error err;

	scratch_write("f", "");
	ck_assert_int_eq(dir_make("f", 0700, &err), -ENOTDIR);
	ck_assert_str_eq(err.text, "make the directory 'f': it is something else");
	ck_assert_int_eq(dir_make("f/d", 0700, &err), -ENOTDIR);
	ck_assert_int_eq(dir_make("", 0700, &err), -ENOENT);
	ck_assert_int_eq(symlink("nowhere", "link"), 0);
	ck_assert_int_eq(dir_make("link", 0700, &err), -ENOENT);
}
END_TEST

START_TEST(remove_simple_things)
{
	struct error err;

	scratch_write("f", "");
	ck_assert_int_eq(mkdir("empty", 0700), 0);
	ck_assert_int_eq(dir_remove(AT_FDCWD, "f", &err), 0);
	ck_assert_int_eq(dir_remove(AT_FDCWD, "empty", &err), 0);
	ck_assert_int_eq(dir_remove(AT_FDCWD, "none", &err), 0);
	ck_assert(!exists("f"));
	ck_assert(!exists("empty"));
}
END_TEST

START_TEST(remove_a_tree)
{
	char path[64];
	struct error err;

	for (int i = 0; i < 300; i++) {
		snprintf(path, sizeof(path), "d/%d/%d/%d", i % 3, i % 7, i);
		ck_assert_int_eq(dir_make(path, 0700, &err), 0);
		snprintf(path, sizeof(path), "d/%d/%d/f%d", i % 3, i % 7, i);
		scratch_write(path, "x");
	}
	ck_assert_int_eq(mkdir("d/.remove-0", 0700), 0);
	scratch_write("d/.remove-0/f", "x");
	scratch_write("d/.remove-1", "x");
	ck_assert_int_eq(dir_remove(AT_FDCWD, "d", &err), 0);
	ck_assert(!exists("d"));
}
END_TEST

/* Links are removed; what they name, outside, is left as it is. */
START_TEST(remove_follows_no_link)
{
	struct error err;

	ck_assert_int_eq(mkdir("outside", 0700), 0);
	scratch_write("outside/precious", "x");
	ck_assert_int_eq(dir_make("d/sub", 0700, &err), 0);
	ck_assert_int_eq(symlink("../outside", "d/link"), 0);
	ck_assert_int_eq(symlink("../../outside", "d/sub/link"), 0);
	ck_assert_int_eq(symlink("../../outside/precious", "d/sub/file"), 0);
	ck_assert_int_eq(symlink("..", "d/sub/up"), 0);
	ck_assert_int_eq(dir_remove(AT_FDCWD, "d", &err), 0);
	ck_assert(!exists("d"));
	ck_assert_str_eq(scratch_read("outside/precious"), "x");
	ck_assert_int_eq(symlink("outside", "link"), 0);
	ck_assert_int_eq(dir_remove(AT_FDCWD, "link", &err), 0);
	ck_assert(!exists("link"));
	ck_assert(exists("outside/precious"));
}
END_TEST

/* Deeper than there are descriptors, and than a path can name. */
START_TEST(remove_a_deep_tree)
{
	struct rlimit few = { 64, 64 };
	struct error err;
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < 1000; i++) {
		int next;

		ck_assert_int_eq(mkdirat(fd, "deep", 0700), 0);
		next = openat(fd, "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = next;
	}
	close(fd);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	ck_assert_msg(dir_remove(AT_FDCWD, "deep", &err) == 0, "%s", err.text);
	ck_assert(!exists("deep"));
}
END_TEST

START_TEST(remove_stops_at_another_file_system)
{
	struct error err;

	unit_own_mounts_or_skip();
	ck_assert_int_eq(dir_make("d/sub/m", 0700, &err), 0);
	ck_assert_int_eq(mount("tmpfs", "d/sub/m", "tmpfs", 0, NULL), 0);
	scratch_write("d/sub/m/precious", "x");
	ck_assert_int_eq(dir_remove(AT_FDCWD, "d", &err), -EBUSY);
	ck_assert_str_eq(err.text, "remove 'd': Device or resource busy");
	ck_assert_str_eq(scratch_read("d/sub/m/precious"), "x");
	ck_assert_int_eq(umount("d/sub/m"), 0);
}
END_TEST

Suite *base_directory_suite(void)
{
	Suite *suite = suite_create("base/directory");
	TCase *tcase = tcase_create("directory");

	tcase_add_checked_fixture(tcase, scratch_enter, scratch_leave);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, make_with_parents);
	tcase_add_test(tcase, make_where_something_else_is);
	tcase_add_test(tcase, remove_simple_things);
	tcase_add_test(tcase, remove_a_tree);
	tcase_add_test(tcase, remove_follows_no_link);
	tcase_add_test(tcase, remove_a_deep_tree);
	tcase_add_test(tcase, remove_stops_at_another_file_system);
	suite_add_tcase(suite, tcase);
	return suite;
}
