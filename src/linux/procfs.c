/* procfs.c - see procfs.h */
#include "linux/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"

#define ROOT_INODE 1 /* PROC_ROOT_INO of the kernel */

/* Returns the descriptor of a procfs mounted nowhere, or -errno. */
static int make_detached(void)
{
	auto_fd fs = (int) syscall(SYS_fsopen, "proc", FSOPEN_CLOEXEC);
	long mount;

	if (fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	mount = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC,
			MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	return mount < 0 ? -errno : (int) mount;
}

static int open_mounted(int *ret_fd, struct error *err)
{
	struct statfs fs;
	struct stat st;

	auto_fd fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(err, "open '/proc'");
	if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		return fail_errno(err, "examine '/proc'");
	if (fs.f_type != PROC_SUPER_MAGIC || st.st_ino != ROOT_INODE)
		return fail(err, EINVAL, "'/proc' is not the root of a procfs");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int procfs_open(int *ret_fd, struct error *err)
{
	int fd = make_detached();

	if (fd >= 0) {
		*ret_fd = fd;
		return 0;
	}
	log_debug("no procfs of our own (%s), so '/proc' it is", strerror(-fd));
	return open_mounted(ret_fd, err);
}

static int open_below(int procfs_fd, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_MAGICLINKS,
	};

	return (int) syscall(SYS_openat2, procfs_fd, path, &how, sizeof(how));
}

/* The kernel reads a page at most of what is written at once.  Of a list of ranges it takes as many as are
 * whole there, and adds those that a further write brings; of all else it takes one write only. */
static bool is_cut_by_page(size_t len, ssize_t n)
{
	const size_t page = (size_t) sysconf(_SC_PAGESIZE);

	return n > 0 && (size_t) n < len && len >= page && (size_t) n > page / 2;
}

int procfs_write(int procfs_fd, const char *path, const char *value, struct error *err)
{
	size_t len = strlen(value);
	ssize_t n;

	auto_fd fd = open_below(procfs_fd, path, O_WRONLY | O_NOCTTY);
	if (fd < 0)
		return fail_errno(err, "open '%s' of procfs for writing", path);
	while (is_cut_by_page(len, n = write(fd, value, len))) {
		value += n;
		len -= (size_t) n;
	}
	if (n < 0)
		return fail_errno(err, "write '%s' to '%s' of procfs", value, path);
	if ((size_t) n != len)
		return fail(err, EIO, "write '%s' to '%s' of procfs: only %zd bytes went", value,
			    path, n);
	return 0;
}

/* The path of a file of the calling process, below procfs. */
static int own_path(int procfs_fd, const char *path, char *ret, size_t size, struct error *err)
{
	char text[16];
	uint64_t pid;
	ssize_t n;

	/* getpid() would be the number in our own pid namespace, which need not be procfs's. */
	auto_fd link = open_below(procfs_fd, "self", O_PATH | O_NOFOLLOW);
	if (link < 0)
		return fail_errno(err, "open 'self' of procfs");
	n = readlinkat(link, "", text, sizeof(text) - 1);
	if (n < 0)
		return fail_errno(err, "read the link 'self' of procfs");
	text[n] = '\0';
	if (parse_u64(text, INT32_MAX, &pid) < 0)
		return fail(err, EINVAL, "'self' of procfs leads to '%s'", text);
	snprintf(ret, size, "%s/%s", text, path);
	return 0;
}

int procfs_write_self(int procfs_fd, const char *path, const char *value, struct error *err)
{
	char full[128];
	int r = own_path(procfs_fd, path, full, sizeof(full), err);

	return r < 0 ? r : procfs_write(procfs_fd, full, value, err);
}

int procfs_peek_self(int procfs_fd, const char *path, char *ret, size_t size, struct error *err)
{
	char full[128];
	int r = own_path(procfs_fd, path, full, sizeof(full), err);
	ssize_t n;

	if (r < 0)
		return r;
	auto_fd fd = open_below(procfs_fd, full, O_RDONLY | O_NOCTTY);
	n = fd < 0 ? -1 : read(fd, ret, size - 1);
	if (n < 0)
		return fail_errno(err, "read '%s' of procfs", full);
	ret[n] = '\0';
	return 0;
}
