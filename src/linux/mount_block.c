/* mount_block.c - see mount_block.h */
#include "linux/mount_block.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "base/libc.h"
#include "linux/mount_fs.h"
#include "linux/tree.h"

/* Another process may take the free device first. */
#define TRIES 16

static int open_mount(const char *type, const char *source, int *ret_fd, struct error *err)
{
	const struct mount_options options = { .sb_set = MS_RDONLY, .attr_set = MOUNT_ATTR_RDONLY };
	const struct mount_fs fs = { .type = type, .source = source };

	return mount_fs_open(&fs, &options, ret_fd, err);
}

/* Binds the file to a free loop device, which the kernel clears when its last user is gone. */
static int open_loop(int image_fd, char ret_path[32], struct error *err)
{
	struct loop_config config = {
		.fd = (unsigned int) image_fd,
		.info = { .lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR },
	};
	auto_fd control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);

	if (control < 0)
		return fail_errno(err, "open /dev/loop-control");
	for (int i = 0; i < TRIES; i++) {
		int number = ioctl(control, LOOP_CTL_GET_FREE);
		auto_fd fd = -1;

		if (number < 0)
			return fail_errno(err, "find a free loop device");
		snprintf(ret_path, 32, "/dev/loop%d", number);
		fd = open(ret_path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return fail_errno(err, "open the loop device '%s'", ret_path);
		if (ioctl(fd, LOOP_CONFIGURE, &config) == 0)
			return TAKE_FD(fd);
		if (errno != EBUSY)
			return fail_errno(err, "set up the loop device '%s'", ret_path);
	}
	return fail(err, EBUSY, "no loop device stays free");
}

static int open_by_loop(const char *type, const char *image, int *ret_fd, struct error *err)
{
	auto_fd image_fd = open(image, O_RDONLY | O_CLOEXEC);
	auto_fd loop = -1;
	char path[32];

	if (image_fd < 0)
		return fail_errno(err, "open the image '%s'", image);
	loop = open_loop(image_fd, path, err);
	return loop < 0 ? loop : open_mount(type, path, ret_fd, err);
}

int mount_block_attach(const char *type, const char *image, int target_fd, struct error *err)
{
	auto_fd fd = -1;
	int r = open_mount(type, image, &fd, err);

	if (r == -ENOTBLK)
		r = open_by_loop(type, image, &fd, err);
	if (r < 0)
		return fail_in(err, "mount the image '%s'", image);
	r = tree_attach(fd, target_fd);
	return r < 0 ? fail(err, -r, "attach the image '%s': %s", image, strerror(-r)) : 0;
}
