/* inroot.h - open and make paths inside a root that may be hostile
 *
 * Every path is taken from root_fd as if it were "/": links and ".." stay inside (openat2 with
 * RESOLVE_IN_ROOT and no magic links).  What is missing is made by *at calls on descriptors that
 * were themselves found so, one component at a time, and never through a link
 * (CVE-2019-18837, CVE-2021-30465, CVE-2024-45310).  All descriptors are close-on-exec.
 *
 * Modes are exact, whatever the umask, which is set aside for the moment: not for a process with threads
 * that make files, too. */
#ifndef LINUX_INROOT_H
#define LINUX_INROOT_H

#include <limits.h>
#include <sys/types.h>

#include "base/error.h"

/* Opens `path` (with or without a leading '/') with open(2)'s flags, never O_CREAT.  Returns a
 * descriptor or -errno and sets no error.  A rename race (EAGAIN) is tried again, a bounded
 * number of times. */
int inroot_open(int root_fd, const char *path, int flags);

/* As inroot_open(), but -ELOOP when any component is a symbolic link.  For the places that must
 * be what their name says: /proc, /sys, /dev (CVE-2019-19921, CVE-2026-41579). */
int inroot_open_exact(int root_fd, const char *path, int flags);

/* Writes the shortest form of `path` to buf: absolute, without "." and "..", which never climb
 * above the root.  Returns 0 or -ENAMETOOLONG. */
int inroot_clean(const char *path, char buf[PATH_MAX]);

/* Opens (O_PATH) the directory `path`, making it and its missing parents with `mode`.  Returns 0
 * when it was there, 1 when it was made. */
int inroot_make_dir(int root_fd, const char *path, mode_t mode, int *ret_fd, struct error *err);

/* The same for a target that need not be a directory: an empty file is made where nothing is,
 * with parents of mode 0755. */
int inroot_make_file(int root_fd, const char *path, mode_t mode, int *ret_fd, struct error *err);

/* Opens (O_PATH) the directory that holds `path`, made as above; *ret_name points at the last
 * component, inside `path`.  -EINVAL when there is none ("/", ".."). */
int inroot_make_parent(int root_fd, const char *path, int *ret_fd, const char **ret_name,
		       struct error *err);

#endif
