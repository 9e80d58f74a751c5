/* rootfs.c - tests of src/linux/rootfs.c */
#include "linux/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "tests/unit/linux/rootbox.h"
#include "tests/unit/linux/suites.h"

/* clang-format off */
static const struct {
	const char *name;
	int result;
	uint64_t value;
} propagation_rows[] = {
	{ NULL,          0,       0 },
	{ "",            0,       0 },
	{ "shared",      0,       MS_SHARED },
	{ "slave",       0,       MS_SLAVE },
	{ "private",     0,       MS_PRIVATE },
	{ "unbindable",  0,       MS_UNBINDABLE },
	{ "rshared",     0,       MS_SHARED | MS_REC },
	{ "rslave",      0,       MS_SLAVE | MS_REC },
	{ "rprivate",    0,       MS_PRIVATE | MS_REC },
	{ "runbindable", 0,       MS_UNBINDABLE | MS_REC },
	{ "r",           -EINVAL, 0 },
	{ "rrshared",    -EINVAL, 0 },
	{ "Shared",      -EINVAL, 0 },
};
/* clang-format on */

START_TEST(propagation_parse)
{
	uint64_t value = 1;

	ck_assert_int_eq(rootfs_propagation_parse(propagation_rows[_i].name, &value),
			 propagation_rows[_i].result);
	ck_assert_uint_eq(value, propagation_rows[_i].value);
}
END_TEST

/* The mount table of the process that opened it, one string; to be freed. */
static char *mount_table(int fd)
{
	struct error err;
	char *text = NULL;

	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(file_read_fd(fd, "mountinfo", 1 << 20, &text, NULL, &err), 0);
	return text;
}

/* The mount point of a line of mountinfo, its fifth word. */
static const char *mount_point(const char *line)
{
	for (int i = 0; i < 4; i++)
		line = strchr(line, ' ') + 1;
	return line;
}

/* On "/" or what stands there, or in what the test has made.  Those deeper down others unmount meanwhile: a
 * directory that is removed takes what is mounted on it along, in every namespace. */
static bool is_lasting(const char *point)
{
	return !memchr(point + 1, '/', strcspn(point + 1, " ")) || str_after(point, BOX_ROOT) ||
	       str_after(point, "/tmp/volume");
}

/* The same, without what is nobody's here. */
static char *lasting_mounts(int fd)
{
	auto_free char *all = mount_table(fd);
	char *rest = all, *text = calloc(1, strlen(all) + 1), *to = text;

	for (const char *line; (line = strsep(&rest, "\n")) && *line;)
		if (is_lasting(mount_point(line)))
			to += sprintf(to, "%s\n", line);
	return text;
}

/* The host's /proc goes into the root, too: the leak sanitizer reads it when the test ends. */
static void bring_proc(void)
{
	rootbox_dir(BOX_ROOT "/proc");
	ck_assert_int_eq(mount("/proc", BOX_ROOT "/proc", NULL, MS_BIND | MS_REC, NULL), 0);
}

START_TEST(pivot)
{
	struct error err = { 0 };
	int root;

	rootbox_enter_or_skip();
	bring_proc();
	root = rootbox_open();
	ck_assert_msg(rootfs_pivot(root, _i, &err) == 0, "%s", err.text);
	ck_assert_msg(rootfs_propagation_apply(MS_SLAVE | MS_REC, &err) == 0, "%s", err.text);
	ck_assert_msg(rootfs_readonly_apply(&err) == 0, "%s", err.text);
	ck_assert_int_eq(access("/etc/passwd", R_OK), 0);
	ck_assert_int_eq(access("/tmp", F_OK), -1);
	ck_assert_int_eq(access("../../tmp", F_OK), -1);
	ck_assert_int_eq(mkdir("/new", 0755), -1);
	ck_assert_int_eq(errno, EROFS);
}
END_TEST

START_TEST(pivot_leaves_nothing)
{
	struct error err = { 0 };
	char *table;
	int root, fd, lines = 0;

	rootbox_enter_or_skip();
	rootbox_dir(BOX_ROOT "/proc");
	root = rootbox_open();
	ck_assert_int_eq(mount("proc", BOX_ROOT "/proc", "proc", 0, NULL), 0);
	ck_assert_msg(rootfs_pivot(root, false, &err) == 0, "%s", err.text);
	fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	table = mount_table(fd);
	for (const char *s = table; (s = strchr(s, '\n')); s++)
		lines++;
	ck_assert_int_eq(lines, 2);
	free(table);
}
END_TEST

START_TEST(only_a_directory_can_be_the_root)
{
	struct error err = { 0 };
	int root = -1;

	rootbox_enter_or_skip();
	ck_assert_int_eq(rootfs_open("/tmp/none", 0, &root, &err), -ENOENT);
	ck_assert_str_eq(err.text,
			 "open the root file system '/tmp/none': No such file or directory");
	ck_assert_int_eq(rootfs_open(BOX_ROOT "/etc/passwd", 0, &root, &err), -ENOTDIR);
}
END_TEST

/* As on a host where "/" is shared: a namespace that plays the host, and one that is its peer.
 * Whatever the propagation, nothing of what is done in the second shows in the first, which a
 * mountinfo that was opened there tells. */
START_TEST(nothing_leaks)
{
	static const char *const types[] = { NULL,     "private", "rprivate", "slave",	   "rslave",
					     "shared", "rshared", "shared",   "unbindable" };
	static const bool own_mount[] = {
		false, false, false, true, true, true, true, false, false
	};
	uint64_t propagation = 0;
	struct error err = { 0 };
	char *before, *after;
	int root = -1, fd;

	rootbox_enter_or_skip();
	if (own_mount[_i]) {
		ck_assert_int_eq(mount("root", BOX_ROOT, "tmpfs", 0, NULL), 0);
		rootbox_dir(BOX_ROOT "/etc");
	}
	bring_proc();
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL), 0);
	ck_assert_int_eq(rootfs_propagation_parse(types[_i], &propagation), 0);
	fd = open("/proc/thread-self/mountinfo", O_RDONLY | O_CLOEXEC);
	before = lasting_mounts(fd);
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_msg(rootfs_open(BOX_ROOT, propagation, &root, &err) == 0, "%s", err.text);
	ck_assert_int_eq(mount("inside", BOX_ROOT "/etc", "tmpfs", 0, NULL), 0);
	ck_assert_msg(rootfs_pivot(root, false, &err) == 0, "%s", err.text);
	ck_assert_msg(rootfs_propagation_apply(propagation, &err) == 0, "%s", err.text);
	after = lasting_mounts(fd);
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
}
END_TEST

/* With "rshared" a bind of a shared host mount stays its peer: that is what is asked for. */
START_TEST(shared_binds_stay_shared)
{
	struct oci_mount row = rootbox_mount("/data", "bind", "/tmp/volume",
					     (char *[]){ "rbind", "rshared", NULL });
	struct error err = { 0 };
	char *before, *after;
	int root = -1, fd;

	rootbox_enter_or_skip();
	ck_assert_int_eq(mount("root", BOX_ROOT, "tmpfs", 0, NULL), 0);
	bring_proc();
	rootbox_dir("/tmp/volume");
	ck_assert_int_eq(mount("volume", "/tmp/volume", "tmpfs", 0, NULL), 0);
	rootbox_dir("/tmp/volume/sub");
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL), 0);
	fd = open("/proc/thread-self/mountinfo", O_RDONLY | O_CLOEXEC);
	before = lasting_mounts(fd);
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_msg(rootfs_open(BOX_ROOT, MS_SHARED | MS_REC, &root, &err) == 0, "%s", err.text);
	ck_assert_msg(rootbox_apply(root, &row, &err) == 0, "%s", err.text);
	ck_assert_msg(rootfs_pivot(root, false, &err) == 0, "%s", err.text);
	after = lasting_mounts(fd);
	ck_assert_str_eq(before, after);
	ck_assert_int_eq(mount("sub", "/data/sub", "tmpfs", 0, NULL), 0);
	free(after);
	after = lasting_mounts(fd);
	ck_assert_ptr_nonnull(strstr(after, " /tmp/volume/sub "));
	free(before);
	free(after);
}
END_TEST

/* The root may be the host's own. */
START_TEST(host_root)
{
	struct error err = { 0 };
	int root = -1;

	rootbox_enter_or_skip();
	ck_assert_msg(rootfs_open("/", 0, &root, &err) == 0, "%s", err.text);
	ck_assert_msg(rootfs_pivot(root, false, &err) == 0, "%s", err.text);
	ck_assert_int_eq(access(BOX_OUTSIDE "/keep", F_OK), 0);
}
END_TEST

START_TEST(user_namespace)
{
	struct error err = { 0 };
	int root;

	if (!rootbox_enter_user_ns(__func__))
		return;
	bring_proc();
	root = rootbox_open();
	ck_assert_msg(rootfs_pivot(root, false, &err) == 0, "%s", err.text);
	ck_assert_msg(rootfs_readonly_apply(&err) == 0, "%s", err.text);
	ck_assert_int_eq(access("/etc/passwd", R_OK), 0);
}
END_TEST

Suite *linux_rootfs_suite(void)
{
	Suite *suite = suite_create("linux/rootfs");
	TCase *tc = tcase_create("rootfs");

	tcase_add_loop_test(tc, propagation_parse, 0,
			    (int) (sizeof(propagation_rows) / sizeof(*propagation_rows)));
	tcase_add_loop_test(tc, pivot, 0, 2);
	tcase_add_test(tc, pivot_leaves_nothing);
	tcase_add_test(tc, only_a_directory_can_be_the_root);
	tcase_add_loop_test(tc, nothing_leaks, 0, 9);
	tcase_add_test(tc, shared_binds_stay_shared);
	tcase_add_test(tc, host_root);
	tcase_add_test(tc, user_namespace);
	suite_add_tcase(suite, tc);
	return suite;
}
