/* libc.h - system calls that not every C library has a function for, or a struct
 *
 * glibc has the mount calls since 2.36, musl has none of them, and of statx(2) a part.  What is
 * missing is what configure did not find; a file that uses one of these includes this header in place of
 * the C library's.  Arguments, results and errno are the system calls' own. */
#ifndef BASE_LIBC_H
#define BASE_LIBC_H

#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if !HAVE_DECL_OPEN_TREE_CLONE
#include <linux/mount.h>
#endif

/* musl's, where it has one, is of an older kernel: the kernel's own takes its name. */
#if !HAVE_DECL_STATX_ATTR_MOUNT_ROOT
#define statx kernel_statx
#define statx_timestamp kernel_statx_timestamp
#include <linux/stat.h>
#endif

#ifndef HAVE_CLOSE_RANGE
static inline int close_range(unsigned int first, unsigned int last, int flags)
{
	return (int) syscall(SYS_close_range, first, last, flags);
}
#endif

#ifndef HAVE_FSCONFIG
static inline int fsconfig(int fs_fd, unsigned int command, const char *key, const void *value,
			   int aux)
{
	return (int) syscall(SYS_fsconfig, fs_fd, command, key, value, aux);
}
#endif

#ifndef HAVE_FSMOUNT
static inline int fsmount(int fs_fd, unsigned int flags, unsigned int attributes)
{
	return (int) syscall(SYS_fsmount, fs_fd, flags, attributes);
}
#endif

#ifndef HAVE_FSOPEN
static inline int fsopen(const char *type, unsigned int flags)
{
	return (int) syscall(SYS_fsopen, type, flags);
}
#endif

#ifndef HAVE_FSPICK
static inline int fspick(int dir_fd, const char *path, unsigned int flags)
{
	return (int) syscall(SYS_fspick, dir_fd, path, flags);
}
#endif

#ifndef HAVE_MOUNT_SETATTR
static inline int mount_setattr(int dir_fd, const char *path, unsigned int flags,
				struct mount_attr *attr, size_t size)
{
	return (int) syscall(SYS_mount_setattr, dir_fd, path, flags, attr, size);
}
#endif

#ifndef HAVE_MOVE_MOUNT
static inline int move_mount(int from_fd, const char *from, int to_fd, const char *to,
			     unsigned int flags)
{
	return (int) syscall(SYS_move_mount, from_fd, from, to_fd, to, flags);
}
#endif

#ifndef HAVE_OPEN_TREE
static inline int open_tree(int dir_fd, const char *path, unsigned int flags)
{
	return (int) syscall(SYS_open_tree, dir_fd, path, flags);
}
#endif

#ifndef HAVE_RENAMEAT2
static inline int renameat2(int from_fd, const char *from, int to_fd, const char *to,
			    unsigned int flags)
{
	return (int) syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}
#endif

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

#if !HAVE_DECL_STATX_ATTR_MOUNT_ROOT
static inline int statx(int dir_fd, const char *path, int flags, unsigned int mask,
			struct statx *ret)
{
	return (int) syscall(SYS_statx, dir_fd, path, flags, mask, ret);
}
#endif

#endif
