/* device_node.c - see device_node.h */
#include "linux/device_node.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"

int device_node_open(const char *path, mode_t type, dev_t rdev, int *ret_fd, struct error *err)
{
	auto_fd fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_errno(err, "open the host's '%s'", path);
	if ((st.st_mode & S_IFMT) != type || st.st_rdev != rdev)
		return fail(err, ENODEV, "the host's '%s' is not the %s device %u:%u", path,
			    type == S_IFBLK ? "block" : "character", major(rdev), minor(rdev));
	*ret_fd = TAKE_FD(fd);
	return 0;
}
