/* rootbox.c - see rootbox.h */
#include "tests/unit/linux/rootbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "linux/mounts.h"
#include "linux/rootfs.h"
#include "tests/unit/unit.h"

void rootbox_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	ck_assert_msg(fd >= 0, "make '%s': %s", path, strerror(errno));
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t) strlen(text));
	close(fd);
}

void rootbox_dir(const char *path)
{
	ck_assert_msg(mkdir(path, 0755) == 0, "make '%s': %s", path, strerror(errno));
}

void rootbox_link(const char *target, const char *path)
{
	ck_assert_msg(symlink(target, path) == 0, "make '%s': %s", path, strerror(errno));
}

bool rootbox_enter(const char *test)
{
	if (!unit_own_mounts() || mount("tmpfs", "/tmp", "tmpfs", 0, "mode=755") < 0) {
		unit_say_skipped(test, "no mount namespace of its own: %s", strerror(errno));
		return false;
	}
	umask(022);
	rootbox_dir(BOX_OUTSIDE);
	rootbox_file(BOX_OUTSIDE "/keep", "kept\n");
	rootbox_dir(BOX_ROOT);
	rootbox_dir(BOX_ROOT "/etc");
	rootbox_file(BOX_ROOT "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
	return true;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	ck_assert_msg(fd >= 0, "open '%s': %s", path, strerror(errno));
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t) strlen(text));
	close(fd);
}

bool rootbox_enter_user_ns(const char *test)
{
	if (!rootbox_enter(test))
		return false;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) {
		unit_say_skipped(test, "no user namespace: %s", strerror(errno));
		return false;
	}
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", "0 0 1");
	write_file("/proc/self/gid_map", "0 0 1");
	return true;
}

int rootbox_open(void)
{
	struct error err = { 0 };
	int fd = -1;

	ck_assert_msg(rootfs_open(BOX_ROOT, MS_PRIVATE | MS_REC, &fd, &err) == 0, "%s", err.text);
	return fd;
}

void rootbox_assert_outside_untouched(void)
{
	char text[16] = "";
	DIR *dir = opendir(BOX_OUTSIDE);
	struct dirent *entry;
	int fd = open(BOX_OUTSIDE "/keep", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(read(fd, text, sizeof(text)), 5);
	ck_assert_str_eq(text, "kept\n");
	close(fd);
	while ((entry = readdir(dir)))
		ck_assert_msg(entry->d_name[0] == '.' || strcmp(entry->d_name, "keep") == 0,
			      "'%s' was made outside the root", entry->d_name);
	closedir(dir);
}

struct oci_mount rootbox_mount(const char *destination, const char *type, const char *source,
			       char **options)
{
	struct oci_mount mount = {
		.destination = (char *) destination,
		.type = (char *) type,
		.source = (char *) source,
		.options.items = options,
	};

	while (options && options[mount.options.n])
		mount.options.n++;
	return mount;
}

int rootbox_apply(int root_fd, const struct oci_mount *mount, struct error *err)
{
	const struct mount_context ctx = {
		.root_fd = root_fd,
		.has_cgroup_ns = true,
		.cgroup_source_fd = -1,
	};

	return mount_apply(&ctx, mount, -1, err);
}

unsigned long rootbox_flags(const char *path)
{
	struct statvfs st;

	ck_assert_msg(statvfs(path, &st) == 0, "look at '%s': %s", path, strerror(errno));
	return st.f_flag;
}
