/* rootbox.h - a mount namespace to throw away, with a root file system and a place outside it */
#ifndef TESTS_LINUX_ROOTBOX_H
#define TESTS_LINUX_ROOTBOX_H

#include <stdbool.h>

#include "base/error.h"
#include "libocispec/mount.h"

/* In the namespace /tmp is a tmpfs with these, so nothing is left on the host. */
#define BOX_ROOT "/tmp/rootfs"
#define BOX_OUTSIDE "/tmp/outside" /* holds the file "keep" and nothing else */

/* Moves this process there; false, with the reason on stdout, when that is not allowed.  The new
 * root has "/etc/passwd" and nothing else. */
bool rootbox_enter(const char *test);

/* As rootbox_enter(), then in a user namespace that maps this user to root and nobody else. */
bool rootbox_enter_user_ns(const char *test);

/* rootfs_open(BOX_ROOT), which must succeed. */
int rootbox_open(void);

/* Fails the test when something is missing from or new in BOX_OUTSIDE. */
void rootbox_assert_outside_untouched(void);

/* A row of mounts; options is a list ended by NULL. */
struct oci_mount rootbox_mount(const char *destination, const char *type, const char *source,
			       char **options);

/* mount_apply() below root_fd with a cgroup namespace and no label. */
int rootbox_apply(int root_fd, const struct oci_mount *mount, struct error *err);

/* The flags that statvfs(3) gives for a path of the host. */
unsigned long rootbox_flags(const char *path);

/* Writes text to a new file; makes a directory; makes a link: each must succeed. */
void rootbox_file(const char *path, const char *text);
void rootbox_dir(const char *path);
void rootbox_link(const char *target, const char *path);

#define rootbox_enter_or_skip()               \
	do {                                  \
		if (!rootbox_enter(__func__)) \
			return;               \
	} while (0)

#endif
