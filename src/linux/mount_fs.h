/* mount_fs.h - a new mount of a file system type, detached */
#ifndef LINUX_MOUNT_FS_H
#define LINUX_MOUNT_FS_H

#include <stdbool.h>

#include "base/error.h"
#include "linux/mount_options.h"

struct mount_fs {
	const char *type;
	const char *source;	  /* a device, or just the name that mountinfo shows; may be NULL */
	const char *label;	  /* of SELinux; or NULL */
	const char *label_option; /* "context" (for file systems that have no labels) or the like */
	const char *mode;	  /* of the root directory, in octal; or NULL */
	const int *pid_ns; /* of a procfs: the pid namespace that it shows; NULL: the caller's */
};

/* Makes the file system with `options` (its data, superblock flags and attributes; not the
 * propagation); *ret_fd is its detached mount.  An error holds what the kernel logged.  Only where
 * the source is a path does "ro" concern the superblock too (the device is not to be written);
 * other superblocks may be the kernel's only one of the type, which others want to write. */
int mount_fs_open(const struct mount_fs *fs, const struct mount_options *options, int *ret_fd,
		  struct error *err);

/* mount(2) instead, straight onto target_fd: for what the newer calls cannot say (a value or a source of
 * more than 255 bytes; "iversion"), and for options in one string ("mode=700,size=1m"), of which each file
 * system knows best where one ends.  True when `options`, or the source (or NULL), need that. */
bool mount_fs_needs_legacy(const char *source, const struct mount_options *options);
int mount_fs_legacy(const struct mount_fs *fs, const struct mount_options *options, int target_fd,
		    struct error *err);

/* Changes the superblock that the mount at fd shows ("remount"). */
int mount_fs_reconfigure(int fd, const struct mount_options *options, struct error *err);

/* A detached tmpfs that is empty and read-only, and stays so. */
int mount_fs_empty(const char *label, int *ret_fd, struct error *err);

#endif
