/* selinux.c - process.selinuxLabel: the label that the container's program runs with */
#include "linux/selinux.h"
#include "linux/procfs.h"

static int write_attribute(int procfs_fd, const char *path, const char *label, struct error *err)
{
	int r;

	if (!label || !*label)
		return 0;
	r = procfs_write_self(procfs_fd, path, label, err);
	return r < 0 ? fail_in(err, "process.selinuxLabel") : 0;
}

int selinux_exec_apply(int procfs_fd, const char *label, struct error *err)
{
	return write_attribute(procfs_fd, "attr/exec", label, err);
}

int selinux_key_apply(int procfs_fd, const char *label, struct error *err)
{
	return write_attribute(procfs_fd, "attr/keycreate", label, err);
}
