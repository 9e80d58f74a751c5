/* mounts.c - tests of src/linux/mounts.c and of the mount_*.c files behind it */
#include "linux/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "linux/mount_late.h"
#include "tests/unit/linux/rootbox.h"
#include "tests/unit/linux/suites.h"

#define OPTIONS(...) ((char *[]){ __VA_ARGS__, NULL })

static void apply(int root, const char *destination, const char *type, const char *source,
		  char **options)
{
	struct oci_mount mount = rootbox_mount(destination, type, source, options);
	struct error err = { 0 };

	ck_assert_msg(rootbox_apply(root, &mount, &err) == 0, "%s: %s", destination, err.text);
}

static const char *refuse(int root, const char *destination, const char *type, const char *source,
			  char **options)
{
	static struct error err;
	struct oci_mount mount = rootbox_mount(destination, type, source, options);

	err = (struct error){ 0 };
	ck_assert_msg(rootbox_apply(root, &mount, &err) < 0, "%s was mounted on '%s'", type,
		      destination);
	return err.text;
}

/* The line of /proc/self/mountinfo for a mount point: from its options on. */
static const char *mountinfo(const char *point)
{
	static char line[1024];
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char found[sizeof(line)] = "";

	while (fgets(line, sizeof(line), file)) {
		char at[512];
		int end = 0;

		if (sscanf(line, "%*s %*s %*s %*s %511s %n", at, &end) == 1 &&
		    strcmp(at, point) == 0)
			strcpy(found, line + end);
	}
	fclose(file);
	strcpy(line, found);
	return line;
}

static unsigned long type_at(const char *path)
{
	struct statfs st;

	ck_assert_msg(statfs(path, &st) == 0, "look at '%s'", path);
	return (unsigned long) st.f_type;
}

START_TEST(file_systems)
{
	struct stat st;
	int root;

	rootbox_enter_or_skip();
	root = rootbox_open();
	apply(root, "/proc", "proc", "proc", OPTIONS("nosuid", "noexec", "nodev"));
	apply(root, "/dev", "tmpfs", "tmpfs",
	      OPTIONS("nosuid", "strictatime", "mode=711", "size=64k"));
	apply(root, "/dev/pts", "devpts", "devpts",
	      OPTIONS("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"));
	apply(root, "/dev/mqueue", "mqueue", "mqueue", OPTIONS("nosuid", "noexec", "nodev"));
	apply(root, "/sys", "sysfs", "sysfs", OPTIONS("nosuid", "noexec", "nodev", "ro"));
	ck_assert_uint_eq(type_at(BOX_ROOT "/proc"), PROC_SUPER_MAGIC);
	ck_assert_uint_eq(type_at(BOX_ROOT "/dev"), TMPFS_MAGIC);
	ck_assert_uint_eq(type_at(BOX_ROOT "/dev/pts"), DEVPTS_SUPER_MAGIC);
	ck_assert_uint_eq(type_at(BOX_ROOT "/sys"), SYSFS_MAGIC);
	ck_assert_uint_eq(rootbox_flags(BOX_ROOT "/proc") & (ST_NOSUID | ST_NOEXEC | ST_NODEV),
			  ST_NOSUID | ST_NOEXEC | ST_NODEV);
	ck_assert_uint_eq(rootbox_flags(BOX_ROOT "/dev") & (ST_NOSUID | ST_NODEV | ST_RELATIME),
			  ST_NOSUID);
	ck_assert_uint_ne(rootbox_flags(BOX_ROOT "/sys") & ST_RDONLY, 0);
	/* the host's sysfs has the same superblock, and stays writable */
	ck_assert_ptr_nonnull(strstr(mountinfo(BOX_ROOT "/sys"), "sysfs sysfs rw"));
	ck_assert_int_eq(stat(BOX_ROOT "/dev", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0711);
	ck_assert_int_eq(stat(BOX_ROOT "/dev/pts/ptmx", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0666);
	ck_assert_int_eq(access("/tmp/rootfs/../dev/null", F_OK), -1);
}
END_TEST

START_TEST(tmpfs_mode)
{
	struct stat st;
	int root;

	rootbox_enter_or_skip();
	rootbox_dir(BOX_ROOT "/run");
	ck_assert_int_eq(chmod(BOX_ROOT "/run", 0750), 0);
	root = rootbox_open();
	apply(root, "/run", "tmpfs", NULL, NULL);
	ck_assert_int_eq(stat(BOX_ROOT "/run", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0750);
	apply(root, "/new", "tmpfs", NULL, NULL);
	ck_assert_int_eq(stat(BOX_ROOT "/new", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 01777);
}
END_TEST

START_TEST(kernel_tells_why)
{
	const char *text;
	int root;

	rootbox_enter_or_skip();
	root = rootbox_open();
	text = refuse(root, "/x", "tmpfs", "tmpfs", OPTIONS("size=lots"));
	ck_assert_msg(strstr(text, "size") && strstr(text, "Invalid argument"), "%s", text);
	text = refuse(root, "/x", "tmpfs", "tmpfs", OPTIONS("no_such_option"));
	ck_assert_msg(strstr(text, "no_such_option"), "%s", text);
	text = refuse(root, "/x", "no_such_fs", NULL, NULL);
	ck_assert_str_eq(text, "the kernel has no file system 'no_such_fs'");
	text = refuse(root, "/x", "bind", "/no/such/source", NULL);
	ck_assert_str_eq(text, "bind '/no/such/source': No such file or directory");
}
END_TEST

START_TEST(what_cannot_become_read_only_is_named)
{
	int fd = open("/dev/null", O_PATH | O_CLOEXEC); /* no mount's root */
	struct mount_late late = { 0 };
	struct error err;

	mount_late_add(&late, &fd, "/late");
	ck_assert_int_eq(fd, -1);
	ck_assert_int_eq(mount_late_apply(&late, &err), -EINVAL);
	ck_assert_str_eq(err.text, "make the mount at '/late' read-only: Invalid argument");
	ck_assert_uint_eq(late.n, 0);
}
END_TEST

START_TEST(bind_directory)
{
	int root;

	rootbox_enter_or_skip();
	root = rootbox_open();
	apply(root, "/data", "bind", BOX_OUTSIDE,
	      OPTIONS("rbind", "ro", "nosuid", "noexec", "nodev"));
	ck_assert_int_eq(access(BOX_ROOT "/data/keep", R_OK), 0);
	ck_assert_uint_eq(rootbox_flags(BOX_ROOT "/data") & 0xf,
			  ST_RDONLY | ST_NOSUID | ST_NOEXEC | ST_NODEV);
	ck_assert_uint_eq(rootbox_flags(BOX_OUTSIDE) & 0xf, 0);
	ck_assert_int_eq(mkdir(BOX_ROOT "/data/new", 0755), -1);
	ck_assert_int_eq(errno, EROFS);
	/* what the options do not name stays the source's */
	apply(root, "/more", "bind", BOX_ROOT "/data", OPTIONS("suid"));
	ck_assert_uint_eq(rootbox_flags(BOX_ROOT "/more") & 0xf, ST_RDONLY | ST_NOEXEC | ST_NODEV);
}
END_TEST

START_TEST(bind_file)
{
	struct stat a, b;
	int root;

	rootbox_enter_or_skip();
	root = rootbox_open();
	apply(root, "/etc/made/hosts", "bind", BOX_OUTSIDE "/keep", OPTIONS("bind"));
	apply(root, "/etc/passwd", "bind", BOX_OUTSIDE "/keep", OPTIONS("bind"));
	ck_assert_int_eq(stat(BOX_OUTSIDE "/keep", &a), 0);
	ck_assert_int_eq(stat(BOX_ROOT "/etc/made/hosts", &b), 0);
	ck_assert_uint_eq(a.st_ino, b.st_ino);
	ck_assert_int_eq(stat(BOX_ROOT "/etc/passwd", &b), 0);
	ck_assert_uint_eq(a.st_ino, b.st_ino);
}
END_TEST

START_TEST(bind_relative_source)
{
	int root;

	rootbox_enter_or_skip();
	ck_assert_int_eq(chdir("/tmp"), 0);
	root = rootbox_open();
	apply(root, "data", "bind", "outside", OPTIONS("rbind"));
	ck_assert_int_eq(access(BOX_ROOT "/data/keep", R_OK), 0);
}
END_TEST

START_TEST(bind_recursive)
{
	int root;

	rootbox_enter_or_skip();
	rootbox_dir("/tmp/tree");
	rootbox_dir("/tmp/tree/sub");
	ck_assert_int_eq(mount("sub", "/tmp/tree/sub", "tmpfs", 0, NULL), 0);
	rootbox_file("/tmp/tree/sub/file", "");
	root = rootbox_open();
	apply(root, "/flat", "bind", "/tmp/tree", OPTIONS("bind"));
	apply(root, "/deep", "bind", "/tmp/tree", OPTIONS("rbind", "rro"));
	apply(root, "/top", "bind", "/tmp/tree", OPTIONS("rbind", "ro"));
	ck_assert_int_eq(access(BOX_ROOT "/flat/sub/file", F_OK), -1);
	ck_assert_int_eq(access(BOX_ROOT "/deep/sub/file", F_OK), 0);
	ck_assert_uint_ne(rootbox_flags(BOX_ROOT "/deep/sub") & ST_RDONLY, 0);
	ck_assert_uint_ne(rootbox_flags(BOX_ROOT "/top") & ST_RDONLY, 0);
	ck_assert_uint_eq(rootbox_flags(BOX_ROOT "/top/sub") & ST_RDONLY, 0);
}
END_TEST

START_TEST(bind_propagation)
{
	int root;

	rootbox_enter_or_skip();
	root = rootbox_open();
	apply(root, "/a", "bind", BOX_OUTSIDE, OPTIONS("rbind", "rshared"));
	apply(root, "/b", "bind", BOX_OUTSIDE, OPTIONS("rbind", "rprivate"));
	apply(root, "/c", "tmpfs", NULL, OPTIONS("shared"));
	ck_assert_ptr_nonnull(strstr(mountinfo(BOX_ROOT "/a"), " shared:"));
	ck_assert_ptr_null(strstr(mountinfo(BOX_ROOT "/b"), " shared:"));
	ck_assert_ptr_nonnull(strstr(mountinfo(BOX_ROOT "/c"), " shared:"));
}
END_TEST

START_TEST(bind_links)
{
	char link[64] = "";
	struct stat st;
	int root;

	rootbox_enter_or_skip();
	rootbox_link("keep", "/tmp/outside-link");
	ck_assert_int_eq(rename("/tmp/outside-link", "/tmp/link"), 0);
	root = rootbox_open();
	apply(root, "/opt/copy", "bind", "/tmp/link", OPTIONS("bind", "copy-symlink"));
	ck_assert_int_gt(readlink(BOX_ROOT "/opt/copy", link, sizeof(link) - 1), 0);
	ck_assert_str_eq(link, "keep");
	apply(root, "/opt/copy", "bind", "/tmp/link", OPTIONS("bind", "copy-symlink"));
	ck_assert_ptr_nonnull(strstr(refuse(root, "/etc/passwd", "bind", "/tmp/link",
					    OPTIONS("bind", "copy-symlink")),
				     "File exists"));
	rootbox_link("elsewhere", BOX_ROOT "/opt/there");
	apply(root, "/opt/there", "bind", "/tmp/link",
	      OPTIONS("bind", "src-nofollow", "dest-nofollow"));
	ck_assert_int_eq(fstatat(AT_FDCWD, BOX_ROOT "/opt/there", &st, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_gt(readlink(BOX_ROOT "/opt/there", link, sizeof(link) - 1), 0);
	ck_assert_str_eq(link, "keep");
}
END_TEST

START_TEST(remount)
{
	int root;

	rootbox_enter_or_skip();
	root = rootbox_open();
	apply(root, "/data", "tmpfs", NULL, OPTIONS("nosuid", "size=64k"));
	apply(root, "/data", "none", NULL, OPTIONS("remount", "bind", "ro"));
	ck_assert_uint_eq(rootbox_flags(BOX_ROOT "/data") & 0xf, ST_RDONLY | ST_NOSUID);
	ck_assert_ptr_nonnull(strstr(mountinfo(BOX_ROOT "/data"), "size=64k"));
	apply(root, "/data", "tmpfs", NULL, OPTIONS("remount", "size=128k"));
	ck_assert_ptr_nonnull(strstr(mountinfo(BOX_ROOT "/data"), "size=128k"));
	ck_assert_uint_eq(rootbox_flags(BOX_ROOT "/data") & 0xf, ST_RDONLY | ST_NOSUID);
	refuse(root, "/etc", "none", NULL, OPTIONS("remount", "bind", "ro"));
	refuse(root, "/missing", "none", NULL, OPTIONS("remount", "bind", "ro"));
}
END_TEST

START_TEST(tmpcopyup)
{
	struct stat st;
	int root;

	rootbox_enter_or_skip();
	rootbox_dir(BOX_ROOT "/run");
	rootbox_dir(BOX_ROOT "/run/lock");
	rootbox_file(BOX_ROOT "/run/lock/file", "12345");
	ck_assert_int_eq(chown(BOX_ROOT "/run/lock/file", 7, 8), 0);
	ck_assert_int_eq(chmod(BOX_ROOT "/run/lock/file", 04711), 0);
	ck_assert_int_eq(chmod(BOX_ROOT "/run/lock", 01777), 0);
	rootbox_link(BOX_OUTSIDE, BOX_ROOT "/run/out");
	ck_assert_int_eq(mkfifo(BOX_ROOT "/run/fifo", 0600), 0);
	root = rootbox_open();
	apply(root, "/run", "tmpfs", "tmpfs", OPTIONS("tmpcopyup", "ro", "nosuid"));
	ck_assert_uint_eq(type_at(BOX_ROOT "/run"), TMPFS_MAGIC);
	ck_assert_uint_eq(rootbox_flags(BOX_ROOT "/run") & 0xf, ST_RDONLY | ST_NOSUID);
	ck_assert_int_eq(stat(BOX_ROOT "/run/lock/file", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 04711);
	ck_assert_uint_eq(st.st_uid, 7);
	ck_assert_uint_eq(st.st_gid, 8);
	ck_assert_int_eq(st.st_size, 5);
	ck_assert_int_eq(stat(BOX_ROOT "/run/lock", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 01777);
	ck_assert(lstat(BOX_ROOT "/run/out", &st) == 0 && S_ISLNK(st.st_mode));
	ck_assert(lstat(BOX_ROOT "/run/fifo", &st) == 0 && S_ISFIFO(st.st_mode));
	apply(root, "/new", "tmpfs", NULL, OPTIONS("tmpcopyup"));
	rootbox_assert_outside_untouched();
}
END_TEST

/* fsconfig(2) takes 255 bytes; lists of overlay layers are longer. */
START_TEST(long_option)
{
	char option[700] = "lowerdir=";
	int root;

	rootbox_enter_or_skip();
	for (int i = 0; i < 30; i++) {
		char dir[32];

		snprintf(dir, sizeof(dir), "/tmp/a-layer-%02d", i);
		rootbox_dir(dir);
		sprintf(option + strlen(option), "%s%s", i ? ":" : "", dir);
	}
	rootbox_file("/tmp/a-layer-29/file", "");
	root = rootbox_open();
	apply(root, "/merged", "overlay", "overlay", OPTIONS(option, "nosuid", "rshared"));
	ck_assert_int_eq(access(BOX_ROOT "/merged/file", F_OK), 0);
	ck_assert_uint_ne(rootbox_flags(BOX_ROOT "/merged") & ST_NOSUID, 0);
	ck_assert_ptr_nonnull(strstr(mountinfo(BOX_ROOT "/merged"), " shared:"));
}
END_TEST

/* As are the names of what a network's file systems export. */
START_TEST(long_source)
{
	char source[300] = "";
	int root;

	memset(source, 'x', 256);
	rootbox_enter_or_skip();
	root = rootbox_open();
	apply(root, "/run", "tmpfs", source, OPTIONS("size=4k"));
	ck_assert_ptr_nonnull(strstr(mountinfo(BOX_ROOT "/run"), source));
}
END_TEST

/* CVE-2019-19921, CVE-2023-27561, CVE-2025-54867 */
START_TEST(linked_places)
{
	static const char *const places[][2] = { { "/proc", "proc" },
						 { "/sys", "sysfs" },
						 { "/dev", "tmpfs" } };
	char path[64];
	int root;

	rootbox_enter_or_skip();
	rootbox_dir(BOX_ROOT "/volume");
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), BOX_ROOT "%s", places[i][0]);
		rootbox_link(i == 1 ? BOX_OUTSIDE : "/volume", path);
	}
	root = rootbox_open();
	for (size_t i = 0; i < 3; i++)
		ck_assert_ptr_nonnull(strstr(refuse(root, places[i][0], places[i][1], NULL, NULL),
					     "symbolic link"));
	refuse(root, "/proc", "bind", "/proc", OPTIONS("rbind"));
	refuse(root, "/proc/sub", "proc", NULL, NULL);
	ck_assert_str_eq(mountinfo(BOX_ROOT "/volume"), "");
	rootbox_assert_outside_untouched();
}
END_TEST

/* CVE-2019-16884 and its kin: nothing but a procfs on /proc, nothing but its files inside. */
START_TEST(places_in_proc)
{
	int root;

	rootbox_enter_or_skip();
	rootbox_link("/proc/sys", BOX_ROOT "/innocent");
	rootbox_link("/proc", BOX_ROOT "/self");
	root = rootbox_open();
	refuse(root, "/proc", "bind", BOX_OUTSIDE, OPTIONS("rbind"));
	refuse(root, "/proc", "bind", "/proc/sys", OPTIONS("rbind"));
	apply(root, "/proc", "proc", "proc", NULL);
	ck_assert_ptr_nonnull(
		strstr(refuse(root, "/innocent", "bind", BOX_OUTSIDE, OPTIONS("rbind")), "procfs"));
	refuse(root, "/self", "tmpfs", NULL, NULL);
	refuse(root, "/self/cpuinfo", "bind", BOX_OUTSIDE "/keep", OPTIONS("bind"));
	apply(root, "/proc/cpuinfo", "bind", BOX_OUTSIDE "/keep", OPTIONS("bind"));
	apply(root, "/proc", "bind", "/proc", OPTIONS("rbind"));
	ck_assert_uint_eq(type_at(BOX_ROOT "/proc"), PROC_SUPER_MAGIC);
}
END_TEST

/* CVE-2021-30465, CVE-2018-15664: links in the image lead nowhere but into the image. */
START_TEST(hostile_targets)
{
	int root;

	rootbox_enter_or_skip();
	rootbox_link(BOX_OUTSIDE, BOX_ROOT "/absolute");
	rootbox_link("../../../../../../tmp/outside", BOX_ROOT "/climbing");
	rootbox_link("/proc/self/cwd", BOX_ROOT "/magic");
	rootbox_link("loop", BOX_ROOT "/loop");
	root = rootbox_open();
	apply(root, "/absolute", "tmpfs", NULL, NULL);
	apply(root, "/climbing/x", "tmpfs", NULL, NULL);
	apply(root, "/climbing/y", "bind", BOX_OUTSIDE "/keep", OPTIONS("bind"));
	refuse(root, "/loop", "tmpfs", NULL, NULL);
	apply(root, "/../../../tmp/outside", "tmpfs", NULL, NULL);
	ck_assert_str_eq(mountinfo(BOX_OUTSIDE), "");
	ck_assert_str_ne(mountinfo(BOX_ROOT "/tmp/outside"), "");
	rootbox_assert_outside_untouched();
}
END_TEST

/* A mount from a more privileged namespace has its flags locked: "rw" and "dev" cannot undo them,
 * and that is no reason to refuse the bind. */
START_TEST(locked_flags)
{
	int root;

	rootbox_enter_or_skip();
	rootbox_dir("/tmp/locked");
	ck_assert_int_eq(mount("locked", "/tmp/locked", "tmpfs", MS_NODEV | MS_NOSUID | MS_NOATIME,
			       NULL),
			 0);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		unit_skip("no user namespace: %s", strerror(errno));
	root = rootbox_open();
	apply(root, "/data", "bind", "/tmp/locked", OPTIONS("dev", "strictatime", "noexec"));
	ck_assert_uint_eq(rootbox_flags(BOX_ROOT "/data") & 0xf, ST_NODEV | ST_NOSUID | ST_NOEXEC);
	ck_assert_uint_ne(rootbox_flags(BOX_ROOT "/data") & ST_NOATIME, 0);
}
END_TEST

/* Without a cgroup namespace: the directory that was given, and no cgroup2 of the host's. */
START_TEST(cgroup_without_namespace)
{
	struct mount_context ctx = { .cgroup_source_fd = -1 };
	struct oci_mount row =
		rootbox_mount("/sys/fs/cgroup", "cgroup", "cgroup", OPTIONS("nosuid"));
	struct error err = { 0 };

	rootbox_enter_or_skip();
	ctx.root_fd = rootbox_open();
	ctx.cgroup_source_fd = open(BOX_OUTSIDE, O_PATH | O_CLOEXEC);
	ck_assert_msg(mount_apply(&ctx, &row, -1, &err) == 0, "%s", err.text);
	ck_assert_int_eq(access(BOX_ROOT "/sys/fs/cgroup/keep", F_OK), 0);
	ck_assert_uint_eq(rootbox_flags(BOX_ROOT "/sys/fs/cgroup") & 0xf, ST_NOSUID);
	ctx.in_user_ns = true;
	ck_assert_msg(mount_apply(&ctx, &row, -1, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(rootbox_flags(BOX_ROOT "/sys/fs/cgroup") & 0xf, ST_NOSUID | ST_RDONLY);
	ctx.cgroup_source_fd = -1;
	ctx.in_user_ns = false;
	ck_assert_msg(mount_apply(&ctx, &row, -1, &err) == 0, "%s", err.text);
	ck_assert_uint_ne(rootbox_flags(BOX_ROOT "/sys/fs/cgroup") & ST_RDONLY, 0);
}
END_TEST

Suite *linux_mounts_suite(void)
{
	Suite *suite = suite_create("linux/mounts");
	TCase *tc = tcase_create("mounts");

	tcase_add_test(tc, file_systems);
	tcase_add_test(tc, tmpfs_mode);
	tcase_add_test(tc, kernel_tells_why);
	tcase_add_test(tc, what_cannot_become_read_only_is_named);
	tcase_add_test(tc, bind_directory);
	tcase_add_test(tc, bind_file);
	tcase_add_test(tc, bind_relative_source);
	tcase_add_test(tc, bind_recursive);
	tcase_add_test(tc, bind_propagation);
	tcase_add_test(tc, bind_links);
	tcase_add_test(tc, remount);
	tcase_add_test(tc, tmpcopyup);
	tcase_add_test(tc, long_option);
	tcase_add_test(tc, long_source);
	tcase_add_test(tc, linked_places);
	tcase_add_test(tc, places_in_proc);
	tcase_add_test(tc, hostile_targets);
	tcase_add_test(tc, locked_flags);
	tcase_add_test(tc, cgroup_without_namespace);
	suite_add_tcase(suite, tc);
	return suite;
}
