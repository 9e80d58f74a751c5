/* devices.c - tests of src/linux/devices.c and src/linux/device_node.c */
#include "linux/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "linux/device_node.h"
#include "tests/unit/linux/rootbox.h"
#include "tests/unit/linux/suites.h"

/* clang-format off */
#define NUMBER(n) { true, (n) }
#define MODE(n) { true, (n) }
#define OWNER(n) { true, (n) }

static const struct {
	struct oci_device device;
	const char *where;	/* NULL: accepted */
} check_rows[] = {
	{ { "c", "/dev/fuse", NUMBER(10), NUMBER(229), { 0 }, { 0 }, { 0 } }, NULL },
	{ { "u", "/dev/fuse", NUMBER(10), NUMBER(229), { 0 }, { 0 }, { 0 } }, NULL },
	{ { "b", "/srv/disk", NUMBER(8), NUMBER(0), { 0 }, { 0 }, { 0 } },    NULL },
	{ { "p", "/run/fifo", { 0 }, { 0 }, { 0 }, { 0 }, { 0 } },            NULL },
	{ { "x", "/dev/fuse", NUMBER(10), NUMBER(229), { 0 }, { 0 }, { 0 } }, "linux.devices[0].type" },
	{ { NULL, "/dev/fuse", NUMBER(10), NUMBER(229), { 0 }, { 0 }, { 0 } }, "linux.devices[0].type" },
	{ { "c", "dev/fuse", NUMBER(10), NUMBER(229), { 0 }, { 0 }, { 0 } },  "linux.devices[0].path" },
	{ { "c", NULL, NUMBER(10), NUMBER(229), { 0 }, { 0 }, { 0 } },        "linux.devices[0].path" },
	{ { "c", "/dev/fuse", { 0 }, NUMBER(229), { 0 }, { 0 }, { 0 } },      "linux.devices[0].major" },
	{ { "b", "/dev/sda", NUMBER(8), { 0 }, { 0 }, { 0 }, { 0 } },         "linux.devices[0].minor" },
	{ { "b", "/dev/sda", NUMBER(-1), NUMBER(0), { 0 }, { 0 }, { 0 } },    "linux.devices[0].major" },
	{ { "b", "/dev/sda", NUMBER(8), NUMBER(1 << 20), { 0 }, { 0 }, { 0 } }, "linux.devices[0].minor" },
};
/* clang-format on */

START_TEST(devices_are_checked)
{
	struct error err = { 0 };
	int r = devices_check(&check_rows[_i].device, 1, &err);

	if (check_rows[_i].where) {
		ck_assert_int_lt(r, 0);
		ck_assert_str_eq(err.where, check_rows[_i].where);
	} else {
		ck_assert_msg(r == 0, "%s", err.text);
	}
}
END_TEST

static void apply(int root, const struct oci_device *devices, size_t n)
{
	struct error err = { 0 };

	ck_assert_msg(devices_apply(root, devices, n, false, &err) == 0, "%s", err.text);
}

static void assert_node(const char *path, mode_t mode, unsigned int maj, unsigned int min)
{
	struct stat st;

	ck_assert_msg(lstat(path, &st) == 0, "'%s': %s", path, strerror(errno));
	ck_assert_msg(st.st_mode == mode, "'%s' has mode %o", path, st.st_mode);
	ck_assert_uint_eq(st.st_rdev, makedev(maj, min));
}

static void assert_link(const char *path, const char *target)
{
	char now[64] = "";

	ck_assert_int_gt(readlink(path, now, sizeof(now) - 1), 0);
	ck_assert_str_eq(now, target);
}

static void assert_defaults(void)
{
	assert_node(BOX_ROOT "/dev/null", S_IFCHR | 0666, 1, 3);
	assert_node(BOX_ROOT "/dev/zero", S_IFCHR | 0666, 1, 5);
	assert_node(BOX_ROOT "/dev/full", S_IFCHR | 0666, 1, 7);
	assert_node(BOX_ROOT "/dev/random", S_IFCHR | 0666, 1, 8);
	assert_node(BOX_ROOT "/dev/urandom", S_IFCHR | 0666, 1, 9);
	assert_node(BOX_ROOT "/dev/tty", S_IFCHR | 0666, 5, 0);
	assert_link(BOX_ROOT "/dev/fd", "/proc/self/fd");
	assert_link(BOX_ROOT "/dev/stdin", "/proc/self/fd/0");
	assert_link(BOX_ROOT "/dev/stdout", "/proc/self/fd/1");
	assert_link(BOX_ROOT "/dev/stderr", "/proc/self/fd/2");
	assert_link(BOX_ROOT "/dev/ptmx", "pts/ptmx");
}

START_TEST(defaults)
{
	int root;

	rootbox_enter_or_skip();
	root = rootbox_open();
	umask(077);
	apply(root, NULL, 0);
	ck_assert_uint_eq(umask(077), 077);
	assert_defaults();
	/* a second container on the same root finds them */
	ck_assert_int_eq(chmod(BOX_ROOT "/dev/null", 0600), 0);
	apply(root, NULL, 0);
	assert_defaults();
}
END_TEST

START_TEST(configured)
{
	struct oci_device devices[] = {
		{ "c", "/dev/net/tun", NUMBER(10), NUMBER(200), MODE(0640), OWNER(3), OWNER(4) },
		{ "b", "/srv/disk", NUMBER(8), NUMBER(0), { 0 }, { 0 }, { 0 } },
		{ "p", "/dev/fifo", { 0 }, { 0 }, { true, 0600 }, { 0 }, { 0 } },
		{ "c", "/dev/null", NUMBER(1), NUMBER(3), { true, S_IFCHR | 0444 }, { 0 }, { 0 } },
	};
	struct stat st;
	int root;

	rootbox_enter_or_skip();
	root = rootbox_open();
	apply(root, devices, 4);
	assert_node(BOX_ROOT "/dev/net/tun", S_IFCHR | 0640, 10, 200);
	ck_assert_int_eq(stat(BOX_ROOT "/dev/net/tun", &st), 0);
	ck_assert_uint_eq(st.st_uid, 3);
	ck_assert_uint_eq(st.st_gid, 4);
	assert_node(BOX_ROOT "/srv/disk", S_IFBLK | 0666, 8, 0);
	assert_node(BOX_ROOT "/dev/fifo", S_IFIFO | 0600, 0, 0);
	assert_node(BOX_ROOT "/dev/null", S_IFCHR | 0444, 1, 3);
}
END_TEST

START_TEST(left_by_the_image)
{
	int root;

	rootbox_enter_or_skip();
	rootbox_dir(BOX_ROOT "/dev");
	rootbox_file(BOX_ROOT "/dev/null", "no device");
	rootbox_link(BOX_OUTSIDE "/keep", BOX_ROOT "/dev/zero");
	rootbox_link(BOX_OUTSIDE "/new", BOX_ROOT "/dev/full");
	ck_assert_int_eq(mknod(BOX_ROOT "/dev/random", S_IFBLK | 0600, makedev(1, 8)), 0);
	rootbox_link(BOX_OUTSIDE, BOX_ROOT "/dev/fd");
	rootbox_file(BOX_ROOT "/dev/ptmx", "");
	root = rootbox_open();
	apply(root, NULL, 0);
	assert_defaults();
	rootbox_assert_outside_untouched();
}
END_TEST

/* config-linux.md: another file at a configured device's path is an error. */
START_TEST(in_the_way)
{
	struct oci_device fuse = { "c", "/dev/fuse", NUMBER(10), NUMBER(229), { 0 }, { 0 }, { 0 } };
	struct error err = { 0 };
	int root;

	rootbox_enter_or_skip();
	rootbox_dir(BOX_ROOT "/dev");
	rootbox_file(BOX_ROOT "/dev/fuse", "");
	root = rootbox_open();
	ck_assert_int_eq(devices_apply(root, &fuse, 1, false, &err), -EEXIST);
	ck_assert_str_eq(err.text, "linux.devices[0]: the root has another file at '/dev/fuse'");
	ck_assert_int_eq(unlink(BOX_ROOT "/dev/fuse"), 0);
	ck_assert_int_eq(mknod(BOX_ROOT "/dev/fuse", S_IFCHR | 0600, makedev(10, 229)), 0);
	apply(root, &fuse, 1);
	assert_node(BOX_ROOT "/dev/fuse", S_IFCHR | 0666, 10, 229);
	rootbox_dir(BOX_ROOT "/dev/x");
	ck_assert_int_eq(unlink(BOX_ROOT "/dev/null"), 0);
	rootbox_dir(BOX_ROOT "/dev/null");
	rootbox_file(BOX_ROOT "/dev/null/file", "");
	ck_assert_int_eq(devices_apply(root, NULL, 0, false, &err), -ENOTEMPTY);
	ck_assert_int_eq(unlink(BOX_ROOT "/dev/null/file"), 0);
	apply(root, NULL, 0);
	assert_defaults();
}
END_TEST

/* CVE-2026-41579, CVE-2026-47766 */
START_TEST(linked_dev)
{
	struct oci_device fuse = {
		"c", "/dev/net/tun", NUMBER(10), NUMBER(200), { 0 }, { 0 }, { 0 }
	};
	static const char *const targets[] = { BOX_OUTSIDE, "../outside", "/volume" };
	struct error err = { 0 };
	int root, terminal;

	rootbox_enter_or_skip();
	rootbox_dir(BOX_ROOT "/volume");
	rootbox_link(targets[_i], BOX_ROOT "/dev");
	root = rootbox_open();
	terminal = open("/dev/null", O_PATH | O_CLOEXEC);
	ck_assert_int_lt(devices_apply(root, NULL, 0, false, &err), 0);
	ck_assert_int_lt(devices_apply(root, &fuse, 1, false, &err), 0);
	ck_assert_int_lt(console_apply(root, terminal, &err), 0);
	ck_assert_int_eq(rmdir(BOX_ROOT "/volume"), 0);
	rootbox_assert_outside_untouched();
}
END_TEST

START_TEST(user_namespace)
{
	struct oci_device wrong = { "c", "/dev/null", NUMBER(1), NUMBER(5), { 0 }, { 0 }, { 0 } };
	struct error err = { 0 };
	struct stat st;
	int root, fd;

	if (!rootbox_enter_user_ns(__func__))
		return;
	root = rootbox_open();
	ck_assert_msg(devices_apply(root, NULL, 0, true, &err) == 0, "%s", err.text);
	ck_assert_int_eq(stat(BOX_ROOT "/dev/full", &st), 0);
	ck_assert_uint_eq(st.st_rdev, makedev(1, 7));
	fd = open(BOX_ROOT "/dev/full", O_WRONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "x", 1), -1);
	ck_assert_int_eq(errno, ENOSPC);
	assert_link(BOX_ROOT "/dev/ptmx", "pts/ptmx");
	ck_assert_int_eq(devices_apply(root, &wrong, 1, true, &err), -ENODEV);
}
END_TEST

/* mknod(2) that is refused where a user namespace was not announced falls back, too. */
START_TEST(falls_back)
{
	struct error err = { 0 };
	struct stat st;
	int root;

	if (!rootbox_enter_user_ns(__func__))
		return;
	root = rootbox_open();
	ck_assert_msg(devices_apply(root, NULL, 0, false, &err) == 0, "%s", err.text);
	ck_assert_int_eq(stat(BOX_ROOT "/dev/zero", &st), 0);
	ck_assert_uint_eq(st.st_rdev, makedev(1, 5));
}
END_TEST

/* CVE-2025-31133: only what is the device counts, whatever its name. */
START_TEST(host_node)
{
	struct error err = { 0 };
	int fd = -1;

	rootbox_enter_or_skip();
	rootbox_file("/tmp/null", "");
	rootbox_link("/dev/null", "/tmp/link");
	ck_assert_int_eq(device_node_open("/dev/null", S_IFCHR, makedev(1, 3), &fd, &err), 0);
	ck_assert_int_eq(device_node_open("/dev/zero", S_IFCHR, makedev(1, 3), &fd, &err), -ENODEV);
	ck_assert_int_eq(device_node_open("/dev/null", S_IFBLK, makedev(1, 3), &fd, &err), -ENODEV);
	ck_assert_int_eq(device_node_open("/tmp/null", S_IFCHR, makedev(1, 3), &fd, &err), -ENODEV);
	ck_assert_int_eq(device_node_open("/tmp/link", S_IFCHR, makedev(1, 3), &fd, &err), -ENODEV);
	ck_assert_int_eq(device_node_open("/tmp/none", S_IFCHR, makedev(1, 3), &fd, &err), -ENOENT);
}
END_TEST

/* CVE-2025-52565: the console is the terminal that was given, not what a name leads to. */
START_TEST(console)
{
	struct error err = { 0 };
	struct stat terminal, bound;
	int root, master, slave, unlock = 0;

	rootbox_enter_or_skip();
	rootbox_dir("/tmp/pts");
	ck_assert_int_eq(mount("devpts", "/tmp/pts", "devpts", 0, "newinstance,ptmxmode=0666"), 0);
	master = open("/tmp/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(master, 0);
	ck_assert_int_eq(ioctl(master, TIOCSPTLCK, &unlock), 0);
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(slave, 0);
	rootbox_dir(BOX_ROOT "/dev");
	if (_i)
		rootbox_link(BOX_OUTSIDE "/keep", BOX_ROOT "/dev/console");
	root = rootbox_open();
	ck_assert_msg(console_apply(root, slave, &err) == 0, "%s", err.text);
	ck_assert_int_eq(fstat(slave, &terminal), 0);
	ck_assert_int_eq(lstat(BOX_ROOT "/dev/console", &bound), 0);
	ck_assert_uint_eq(terminal.st_rdev, bound.st_rdev);
	ck_assert_uint_eq(terminal.st_ino, bound.st_ino);
	/* a link in its place was replaced, not mounted on */
	ck_assert_int_eq(umount2(BOX_ROOT "/dev/console", MNT_DETACH | UMOUNT_NOFOLLOW), 0);
	ck_assert(lstat(BOX_ROOT "/dev/console", &bound) == 0 && S_ISREG(bound.st_mode));
	rootbox_assert_outside_untouched();
}
END_TEST

Suite *linux_devices_suite(void)
{
	Suite *suite = suite_create("linux/devices");
	TCase *tc = tcase_create("devices");

	tcase_add_loop_test(tc, devices_are_checked, 0,
			    (int) (sizeof(check_rows) / sizeof(*check_rows)));
	tcase_add_test(tc, defaults);
	tcase_add_test(tc, configured);
	tcase_add_test(tc, left_by_the_image);
	tcase_add_test(tc, in_the_way);
	tcase_add_loop_test(tc, linked_dev, 0, 3);
	tcase_add_test(tc, user_namespace);
	tcase_add_test(tc, falls_back);
	tcase_add_test(tc, host_node);
	tcase_add_loop_test(tc, console, 0, 2);
	suite_add_tcase(suite, tc);
	return suite;
}
