/* masks.c - tests of src/linux/masks.c */
#include "linux/masks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tests/unit/linux/rootbox.h"
#include "tests/unit/linux/suites.h"

#define PATHS(...)                                                       \
	{                                                                \
		.n = sizeof((char *[]){ __VA_ARGS__ }) / sizeof(char *), \
		.items = (char *[]){ __VA_ARGS__, NULL },                \
	}

static void mask(int root, const struct oci_strings *paths)
{
	struct error err = { 0 };

	ck_assert_msg(masked_paths_apply(root, paths, NULL, &err) == 0, "%s", err.text);
}

static void assert_null(const char *path)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(S_ISCHR(st.st_mode));
	ck_assert_uint_eq(st.st_rdev, makedev(1, 3));
}

static dev_t assert_empty_dir(const char *path)
{
	struct stat st;
	DIR *dir = opendir(path);
	struct dirent *entry;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)))
		ck_assert_int_eq(entry->d_name[0], '.');
	ck_assert_int_eq(fstat(dirfd(dir), &st), 0);
	ck_assert_uint_ne(rootbox_flags(path) & ST_RDONLY, 0);
	closedir(dir);
	return st.st_dev;
}

START_TEST(masked)
{
	const struct oci_strings paths = PATHS("/etc/passwd", "/secret", "/other", "/missing/x",
					       "/etc/passwd/x", "/etc/fifo", "/secret");
	dev_t first, second;
	int root;

	rootbox_enter_or_skip();
	rootbox_dir(BOX_ROOT "/secret");
	rootbox_file(BOX_ROOT "/secret/key", "");
	rootbox_dir(BOX_ROOT "/other");
	ck_assert_int_eq(mkfifo(BOX_ROOT "/etc/fifo", 0600), 0);
	root = rootbox_open();
	mask(root, &paths);
	assert_null(BOX_ROOT "/etc/passwd");
	assert_null(BOX_ROOT "/etc/fifo");
	first = assert_empty_dir(BOX_ROOT "/secret");
	second = assert_empty_dir(BOX_ROOT "/other");
	ck_assert_uint_eq(first, second); /* one superblock for all */
	ck_assert_int_eq(access(BOX_ROOT "/missing", F_OK), -1);
}
END_TEST

/* CVE-2025-31133: the root's own /dev/null is not what covers. */
START_TEST(false_null)
{
	const struct oci_strings paths = PATHS("/etc/passwd");
	int root;

	rootbox_enter_or_skip();
	rootbox_dir(BOX_ROOT "/dev");
	rootbox_link(BOX_OUTSIDE "/keep", BOX_ROOT "/dev/null");
	root = rootbox_open();
	mask(root, &paths);
	assert_null(BOX_ROOT "/etc/passwd");
}
END_TEST

/* ... and should the host's not be one, nothing is called masked. */
START_TEST(no_null)
{
	const struct oci_strings paths = PATHS("/etc/passwd");
	struct error err = { 0 };
	int root;

	rootbox_enter_or_skip();
	root = rootbox_open();
	ck_assert_int_eq(mount(BOX_OUTSIDE "/keep", "/dev/null", NULL, MS_BIND, NULL), 0);
	ck_assert_int_eq(masked_paths_apply(root, &paths, NULL, &err), -ENODEV);
	ck_assert_str_eq(err.text, "mask '/etc/passwd': the host's '/dev/null' is not the "
				   "character device 1:3");
}
END_TEST

START_TEST(links_stay_inside)
{
	const struct oci_strings paths = PATHS("/out/keep", "/out", "/link");
	struct error err = { 0 };
	int root;

	rootbox_enter_or_skip();
	rootbox_link(BOX_OUTSIDE, BOX_ROOT "/out");
	rootbox_link("/etc", BOX_ROOT "/link");
	root = rootbox_open();
	mask(root, &paths);
	assert_empty_dir(BOX_ROOT "/etc");
	ck_assert_int_eq(readonly_paths_apply(root, &paths, &err), 0);
	ck_assert_uint_eq(rootbox_flags(BOX_OUTSIDE) & ST_RDONLY, 0);
	rootbox_assert_outside_untouched();
}
END_TEST

START_TEST(read_only)
{
	const struct oci_strings paths = PATHS("/etc", "/data", "/missing", "/file");
	struct error err = { 0 };
	int root;

	rootbox_enter_or_skip();
	rootbox_dir(BOX_ROOT "/data");
	rootbox_file(BOX_ROOT "/file", "");
	ck_assert_int_eq(mount("data", BOX_ROOT "/data", "tmpfs", MS_NOSUID | MS_NODEV, NULL), 0);
	rootbox_dir(BOX_ROOT "/data/sub");
	ck_assert_int_eq(mount("sub", BOX_ROOT "/data/sub", "tmpfs", MS_NOEXEC, NULL), 0);
	root = rootbox_open();
	ck_assert_msg(readonly_paths_apply(root, &paths, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(rootbox_flags(BOX_ROOT "/etc") & 0xf, ST_RDONLY);
	ck_assert_uint_eq(rootbox_flags(BOX_ROOT "/file") & 0xf, ST_RDONLY);
	ck_assert_uint_eq(rootbox_flags(BOX_ROOT "/data") & 0xf, ST_RDONLY | ST_NOSUID | ST_NODEV);
	ck_assert_uint_eq(rootbox_flags(BOX_ROOT "/data/sub") & 0xf, ST_RDONLY | ST_NOEXEC);
	ck_assert_uint_eq(rootbox_flags(BOX_ROOT) & 0xf, 0);
	ck_assert_int_eq(unlink(BOX_ROOT "/etc/passwd"), -1);
	ck_assert_int_eq(errno, EROFS);
}
END_TEST

START_TEST(user_namespace)
{
	const struct oci_strings paths = PATHS("/etc/passwd", "/etc");
	struct error err = { 0 };
	int root;

	if (!rootbox_enter_user_ns(__func__))
		return;
	root = rootbox_open();
	mask(root, &paths);
	assert_empty_dir(BOX_ROOT "/etc");
	ck_assert_msg(readonly_paths_apply(root, &paths, &err) == 0, "%s", err.text);
}
END_TEST

Suite *linux_masks_suite(void)
{
	Suite *suite = suite_create("linux/masks");
	TCase *tc = tcase_create("masks");

	tcase_add_test(tc, masked);
	tcase_add_test(tc, false_null);
	tcase_add_test(tc, no_null);
	tcase_add_test(tc, links_stay_inside);
	tcase_add_test(tc, read_only);
	tcase_add_test(tc, user_namespace);
	suite_add_tcase(suite, tc);
	return suite;
}
