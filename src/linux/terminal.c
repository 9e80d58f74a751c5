/* terminal.c - see terminal.h */
#include "linux/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "linux/inroot.h"

/* A devpts holds nothing but the kernel's own nodes: what is opened there is what it seems. */
static int open_master(int rootfs_fd, int *ret_fd, struct error *err)
{
	struct statfs fs;

	auto_fd pts = inroot_open(rootfs_fd, "/dev/pts", O_PATH | O_DIRECTORY);
	if (pts < 0)
		return fail(err, -pts,
			    "a terminal needs a devpts: open '/dev/pts' of the "
			    "container: %s",
			    strerror(-pts));
	if (fstatfs(pts, &fs) < 0)
		return fail_errno(err, "examine the file system of '/dev/pts' of the container");
	if (fs.f_type != DEVPTS_SUPER_MAGIC)
		return fail(err, EINVAL,
			    "a terminal needs a devpts, and '/dev/pts' of the "
			    "container is none");
	*ret_fd = openat(pts, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	if (*ret_fd < 0)
		return fail_errno(err, "open '/dev/pts/ptmx' of the container");
	return 0;
}

static int set_size(int master, const struct oci_box *size, struct error *err)
{
	struct winsize window = { 0 };

	if (!size || (!size->height && !size->width))
		return 0;
	if (size->height > UINT16_MAX || size->width > UINT16_MAX)
		return fail_at(err, ERANGE, "process.consoleSize",
			       "%" PRIu64 " by %" PRIu64 " is more than a terminal's 65535",
			       size->width, size->height);
	window.ws_row = (unsigned short) size->height;
	window.ws_col = (unsigned short) size->width;
	if (ioctl(master, TIOCSWINSZ, &window) < 0)
		return fail_errno(err, "set the size of the terminal");
	return 0;
}

int terminal_open(int rootfs_fd, const struct oci_box *size, int *ret_master, int *ret_slave,
		  struct error *err)
{
	const int unlock = 0;
	int r;

	auto_fd master = -1;
	r = open_master(rootfs_fd, &master, err);
	if (r < 0)
		return r;
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return fail_errno(err, "unlock the terminal");
	auto_fd slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return fail_errno(err, "open the terminal's other end");
	r = set_size(master, size, err);
	if (r < 0)
		return r;
	*ret_master = TAKE_FD(master);
	*ret_slave = TAKE_FD(slave);
	return 0;
}

int terminal_chown(int slave_fd, uid_t uid, struct error *err)
{
	if (fchown(slave_fd, uid, (gid_t) -1) == 0)
		return 0;
	if (errno == EINVAL || errno == EPERM || errno == EROFS)
		return 0;
	return fail_errno(err, "give the terminal to user %u", uid);
}

int terminal_apply(int slave_fd, struct error *err)
{
	/* EPERM: the process leads a session already. */
	if (setsid() < 0 && errno != EPERM)
		return fail_errno(err, "start a session for the terminal");
	if (ioctl(slave_fd, TIOCSCTTY, 0) < 0)
		return fail_errno(err, "make the terminal the controlling one");
	for (int fd = 0; fd < 3; fd++)
		if (dup2(slave_fd, fd) < 0)
			return fail_errno(err, "make the terminal descriptor %d", fd);
	return 0;
}

int terminal_raw(int fd, struct termios *ret_old, struct error *err)
{
	struct termios raw;

	if (tcgetattr(fd, ret_old) < 0)
		return fail_errno(err, "ask for the terminal's settings");
	raw = *ret_old;
	cfmakeraw(&raw);
	if (tcsetattr(fd, TCSANOW, &raw) < 0)
		return fail_errno(err, "put the terminal into raw mode");
	return 0;
}

void terminal_restore(int fd, const struct termios *old)
{
	tcsetattr(fd, TCSANOW, old);
}

bool terminal_is_anothers(int fd)
{
	pid_t foreground = tcgetpgrp(fd);

	return foreground > 0 && foreground != getpgrp();
}

int terminal_copy_size(int from, int to)
{
	struct winsize size;

	if (ioctl(from, TIOCGWINSZ, &size) < 0)
		return -errno;
	if (!size.ws_row && !size.ws_col)
		return 0;
	return ioctl(to, TIOCSWINSZ, &size) < 0 ? -errno : 0;
}
