/* mount_remove.c - a mount is taken away, and nothing but a mount */
#include "linux/mount_remove.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/unit/linux/rootbox.h"
#include "tests/unit/linux/suites.h"

#define OPTIONS(...) ((char *[]){ __VA_ARGS__, NULL })

static void put(int root, const char *destination, const char *type, char **options)
{
	struct oci_mount mount = rootbox_mount(destination, type, BOX_OUTSIDE, options);
	struct error err = { 0 };

	ck_assert_msg(rootbox_apply(root, &mount, &err) == 0, "%s", err.text);
}

static int take(int root, const char *destination, char **options, struct error *err)
{
	struct oci_mount mount = rootbox_mount(destination, NULL, NULL, options);
	auto_fd procfs = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return mount_remove(root, &mount, procfs, err);
}

START_TEST(the_topmost)
{
	struct error err = { 0 };
	int root;

	rootbox_enter_or_skip();
	root = rootbox_open();
	put(root, "/mnt", "tmpfs", OPTIONS("nosuid"));
	put(root, "/mnt", "bind", OPTIONS("rbind"));
	ck_assert_int_eq(access(BOX_ROOT "/mnt/keep", F_OK), 0);
	ck_assert_msg(take(root, "/mnt", NULL, &err) == 0, "%s", err.text);
	ck_assert_int_eq(access(BOX_ROOT "/mnt/keep", F_OK), -1);
	ck_assert_int_eq(take(root, "mnt/../mnt/", NULL, &err), 0);
	ck_assert_int_eq(take(root, "/mnt", NULL, &err), -EINVAL);
	ck_assert_str_eq(err.text, "nothing is mounted there");
	rootbox_assert_outside_untouched();
}
END_TEST

START_TEST(a_single_file)
{
	struct oci_mount mount =
		rootbox_mount("/etc/passwd", "bind", BOX_OUTSIDE "/keep", OPTIONS("bind"));
	struct error err = { 0 };
	struct stat st;
	int root;

	rootbox_enter_or_skip();
	root = rootbox_open();
	ck_assert_int_eq(rootbox_apply(root, &mount, &err), 0);
	ck_assert_msg(take(root, "/etc/passwd", NULL, &err) == 0, "%s", err.text);
	ck_assert_int_eq(stat(BOX_ROOT "/etc/passwd", &st), 0);
	ck_assert_int_gt(st.st_size, 5);
}
END_TEST

/* What is mounted behind a link in the root is taken away by its own path only; on the host a mount stays. */
START_TEST(behind_links)
{
	struct error err = { 0 };
	int root;

	rootbox_enter_or_skip();
	ck_assert_int_eq(mount("host", BOX_OUTSIDE, "tmpfs", 0, NULL), 0);
	rootbox_file(BOX_OUTSIDE "/keep", "kept\n");
	rootbox_link(BOX_OUTSIDE, BOX_ROOT "/link");
	rootbox_link("/proc/self/cwd", BOX_ROOT "/magic");
	root = rootbox_open();
	ck_assert_int_eq(take(root, "/link", NULL, &err), -ELOOP);
	ck_assert_int_eq(take(root, "/magic", NULL, &err), -ELOOP);
	ck_assert_int_eq(take(root, BOX_OUTSIDE, NULL, &err), -ENOENT);
	put(root, "/link", "tmpfs", NULL);
	ck_assert_int_eq(take(root, "/link", NULL, &err), -ELOOP);
	ck_assert_msg(take(root, BOX_OUTSIDE, NULL, &err) == 0, "%s", err.text);
	ck_assert_int_eq(take(root, BOX_OUTSIDE, NULL, &err), -EINVAL);
	rootbox_assert_outside_untouched();
}
END_TEST

START_TEST(only_mount_points_are_removed)
{
	struct error err = { 0 };
	int root;

	rootbox_enter_or_skip();
	root = rootbox_open();
	ck_assert_int_eq(take(root, "/", NULL, &err), -EINVAL);
	ck_assert_int_eq(take(root, "/etc/..", NULL, &err), -EINVAL);
	ck_assert_int_eq(take(root, "/etc", NULL, &err), -EINVAL);
	ck_assert_int_eq(take(root, "/none", NULL, &err), -ENOENT);
}
END_TEST

Suite *linux_mount_remove_suite(void)
{
	Suite *suite = suite_create("linux/mount_remove");
	TCase *tc = tcase_create("mount_remove");

	tcase_add_test(tc, the_topmost);
	tcase_add_test(tc, a_single_file);
	tcase_add_test(tc, behind_links);
	tcase_add_test(tc, only_mount_points_are_removed);
	suite_add_tcase(suite, tc);
	return suite;
}
