/* mount_target.c - see mount_target.h */
#include "linux/mount_target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/text.h"
#include "linux/inroot.h"
#include "linux/tree.h"

/* What is mounted on the root is not below it: pivot_root(2) leaves it behind, and nobody would see it. */
#define HIDES_ROOT "a mount would hide the root file system; use root.path"

/* The files of /proc that lxcfs and checkpoint tools replace. */
static bool is_replaceable_proc_file(const char *path)
{
	/* clang-format off */
	static const char files[][24] = {
		"cpuinfo", "diskstats", "loadavg", "meminfo", "net/dev", "pressure/cpu",
		"pressure/io", "pressure/memory", "slabinfo", "stat", "swaps",
		"sys/crypto/fips_enabled", "sys/kernel/ns_last_pid", "uptime",
	};
	/* clang-format on */
	const char *name = str_after(path, "/proc/");

	for (size_t i = 0; name && i < ARRAY_SIZE(files); i++)
		if (strcmp(name, files[i]) == 0)
			return true;
	return false;
}

const char *mount_target_refuse(const struct mount_target *target)
{
	const char *path = target->path;

	if (strcmp(path, "/") == 0)
		return HIDES_ROOT;
	if (strcmp(path, "/proc") == 0 && !target->is_bind && !target->is_procfs)
		return "only a procfs can be mounted there";
	if (str_after(path, "/proc/") && !(target->is_bind && is_replaceable_proc_file(path)))
		return "it is inside /proc, where only files that lxcfs replaces can be bound";
	return NULL;
}

/* Programs and the runtime itself take these for what their names say. */
static bool must_be_exact(const struct mount_target *target)
{
	static const char places[][6] = { "/proc", "/sys", "/dev" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (strcmp(target->path, places[i]) == 0)
			return true;
	return target->is_exact;
}

static int open_exact(struct mount_target *target, int root_fd, struct error *err)
{
	int fd = inroot_open_exact(root_fd, target->path, O_PATH);

	if (fd == -ENOENT) {
		int made = -1;

		if (inroot_make_dir(root_fd, target->path, 0755, &made, err) < 0)
			return -err->code;
		close(made);
		target->is_new = true;
		fd = inroot_open_exact(root_fd, target->path, O_PATH);
	}
	if (fd == -ELOOP)
		return fail(err, ELOOP,
			    "'%s' in the root is, or is behind, a symbolic link, which is not "
			    "followed there",
			    target->path);
	if (fd < 0)
		return fail(err, -fd, "open '%s' in the root: %s", target->path, strerror(-fd));
	target->fd = fd;
	return 0;
}

static int open_any(struct mount_target *target, int root_fd, bool is_dir, struct error *err)
{
	int r;

	if (must_be_exact(target))
		return open_exact(target, root_fd, err);
	if (target->is_nofollow) {
		target->fd = inroot_open(root_fd, target->path, O_PATH | O_NOFOLLOW);
		if (target->fd >= 0)
			return 0;
	}
	r = is_dir ? inroot_make_dir(root_fd, target->path, 0755, &target->fd, err)
		   : inroot_make_file(root_fd, target->path, 0644, &target->fd, err);
	target->is_new = r > 0;
	return r < 0 ? r : 0;
}

static bool is_on_procfs(int fd)
{
	struct statfs st;

	return fstatfs(fd, &st) == 0 && (unsigned long) st.f_type == PROC_SUPER_MAGIC;
}

static bool is_procfs_root(int fd)
{
	struct stat st;

	return is_on_procfs(fd) && fstat(fd, &st) == 0 && st.st_ino == 1;
}

int mount_target_open(struct mount_target *target, int root_fd, bool is_dir, int mount_fd,
		      struct error *err)
{
	if (open_any(target, root_fd, is_dir, err) < 0)
		return -err->code;
	if (target->is_procfs)
		return 0;
	if (!must_be_exact(target) && !target->is_new && tree_is_same(target->fd, root_fd))
		return fail(err, EINVAL, "'%s' leads to '/': %s", target->path, HIDES_ROOT);
	if (strcmp(target->path, "/proc") == 0)
		return is_procfs_root(mount_fd)
			       ? 0
			       : fail(err, EPERM, "only a procfs can be mounted on '/proc'");
	if (is_on_procfs(target->fd) && !is_replaceable_proc_file(target->path))
		return fail(err, EPERM, "'%s' leads into a procfs", target->path);
	return 0;
}
