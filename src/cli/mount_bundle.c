/* mount_bundle.c - the commands mount and umount: a bundle's root that is a mount */
#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "cli/bundle_commands.h"
#include "image/root_mount.h"

static int open_bundle(const char *path, int *ret, struct error *err)
{
	*ret = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret >= 0)
		return 0;
	fail_errno(err, "open the bundle '%s'", path);
	return fail_class(err, ERROR_BUNDLE, path);
}

static int mount_run(const struct invocation *invocation, struct error *err)
{
	auto_fd fd = -1;

	if (open_bundle(invocation->arguments[0], &fd, err) < 0)
		return -err->code;
	if (root_mount_again(fd, err) < 0)
		return fail_in(err, "bundle '%s'", invocation->arguments[0]);
	return 0;
}

static int umount_run(const struct invocation *invocation, struct error *err)
{
	auto_fd fd = -1;
	int n;

	if (open_bundle(invocation->arguments[0], &fd, err) < 0)
		return -err->code;
	n = root_mount_detach(fd, err);
	if (n == 0)
		n = fail_as(err, ERROR_BUNDLE, EINVAL, "its rootfs is not mounted");
	return n < 0 ? fail_in(err, "bundle '%s'", invocation->arguments[0]) : 0;
}

static const struct option_row rows[] = { OPTIONS_END };

const struct command mount_bundle_command = {
	.name = "mount",
	.arguments = "BUNDLE",
	.summary = "Mount the root of a bundle made with --driver overlay or erofs again",
	.min_arguments = 1,
	.max_arguments = 1,
	.options = rows,
	.run = mount_run,
};

const struct command umount_bundle_command = {
	.name = "umount",
	.arguments = "BUNDLE",
	.summary = "Unmount the root of a bundle; what was written stays in the bundle",
	.min_arguments = 1,
	.max_arguments = 1,
	.options = rows,
	.run = umount_run,
};
