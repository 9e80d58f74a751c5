/* mounts.h - one row of config.json's "mounts": from the row to a mount in the new root
 *
 * mount_apply() runs inside, in the container's own namespaces, before pivot_root(2): the host's
 * tree is still "/", so sources are host paths (relative ones from the current directory, which
 * is the bundle) and destinations are found below root_fd.  A mount is made detached, gets its
 * attributes, and only then goes onto a descriptor of its target, which never is a path that
 * could be walked twice (CVE-2021-30465).
 *
 * Not named mount.h: the C library's <sys/mount.h> includes "linux/mount.h" in quotes. */
#ifndef LINUX_MOUNTS_H
#define LINUX_MOUNTS_H

#include <stdbool.h>

#include "base/error.h"
#include "libocispec/linux.h"
#include "libocispec/mount.h"

struct mount_late;

struct mount_context {
	int root_fd;	    /* from rootfs_open() */
	bool in_user_ns;    /* the container has a user namespace of its own */
	bool has_cgroup_ns; /* ... and a cgroup namespace */
	const int *pid_ns;  /* a procfs shows this pid namespace (Linux 6.17); NULL: the caller's */
	int cgroup_source_fd;	  /* without one: O_PATH of the container's cgroup, or -1 */
	const char *label;	  /* linux.mountLabel, or NULL */
	const char *label_option; /* "context", or another of mount(8) that takes it */
	uint64_t propagation;	  /* of rows that do not say it: MS_*, or 0: as it comes */
	/* Has the detached mount at mount_fd given the row's id mapping, see mount_idmap_write(). */
	int (*map_ids)(void *data, int mount_fd, struct error *err);
	void *map_ids_data;
	/* Is shown what was attached, whose descriptor stays ours.  NULL: nobody wants to know. */
	void (*attached)(void *data, int mount_fd);
	void *attached_data;
	/* Where a tmpfs that is to be read-only goes, still writable, for what else is put on it;
	 * the caller ends with mount_late_apply().  NULL: it is read-only at once. */
	struct mount_late *late;
};

/* Host, pure.  row: its index in "mounts"; section: the container's "linux". */
int mount_check(const struct oci_mount *mount, size_t row, const struct oci_linux *section,
		struct error *err);

/* A missing destination is made: a directory, or an empty file when the source of a bind is not
 * a directory.  The rules about places, all in the sense of the old attacks:
 * - "/proc", "/sys" and "/dev" must be directories of these names, not links to others
 *   (CVE-2019-19921, CVE-2023-27561, CVE-2025-54867, CVE-2026-41579);
 * - on /proc only a procfs may be mounted, and inside it only a bind on one of the files that
 *   lxcfs and its like replace (CVE-2019-16884);
 * - a cgroup2 without a cgroup namespace is a bind of cgroup_source_fd, or without that of the
 *   host's /sys/fs/cgroup, read-only; the options of the host's mount never change.
 * source_fd: what mount_source_open() opened, when the source lies where only the host's root may
 *   go; -1: the path is opened here.
 * The caller puts "mounts[N] 'DESTINATION'" in front of the error. */
int mount_apply(const struct mount_context *ctx, const struct oci_mount *mount, int source_fd,
		struct error *err);

/* Opens (O_PATH) the source of a bind; -1 for every other row.  A link is followed unless the
 * options say otherwise. */
int mount_source_open(const struct oci_mount *mount, int *ret_fd, struct error *err);

/* The row's rules for a container that runs: nothing that only mount(2) can make, whose path the
 * container's /proc would tell. */
int mount_check_live(const struct oci_mount *mount, size_t row, struct error *err);

/* Host: a bind as the row has it, detached, to be attached by mount_attach(); -1 for other rows. */
int mount_tree_open(const struct oci_mount *mount, int *ret_fd, struct error *err);

/* As mount_apply() for such a bind; *tree_fd is taken over and becomes -1. */
int mount_attach(const struct mount_context *ctx, const struct oci_mount *mount, int *tree_fd,
		 struct error *err);

#endif
