/* selinux.h - process.selinuxLabel
 *
 * libselinux is opened only when a configuration has a label; a static program asks the kernel
 * itself.  Without it, or on a host without SELinux, a label is an error: a container that
 * asked for confinement does not run unconfined. */
#ifndef LINUX_SELINUX_H
#define LINUX_SELINUX_H

#include <stddef.h>

#include "base/error.h"

/* Runs on the host: SELinux is enabled, and its policy knows the label.  `where` is the label's
 * JSON path ("process.selinuxLabel", "linux.mountLabel").  NULL or "": nothing to check. */
int selinux_check(const char *label, const char *where, struct error *err);

/* NULL for "", which is no label either; else the label itself. */
static inline const char *selinux_label(const char *label)
{
	return label && *label ? label : NULL;
}

/* The next exec of the calling process gets the label.  procfs_fd: see procfs.h. */
int selinux_exec_apply(int procfs_fd, const char *label, struct error *err);

/* Keys and keyrings that the calling process makes get the label. */
int selinux_key_apply(int procfs_fd, const char *label, struct error *err);

#endif
