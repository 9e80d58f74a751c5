/* procfs.h - a procfs that nobody else can reach, for the files that init must write
 *
 * What is mounted on /proc may be a volume, or bound over while init writes: a label, a sysctl
 * or an AppArmor profile would then go to another file (CVE-2019-16884, CVE-2025-52881). */
#ifndef LINUX_PROCFS_H
#define LINUX_PROCFS_H

#include <stddef.h>

#include "base/error.h"

/* Opens a detached procfs of the caller's pid namespace, mounted nowhere (close-on-exec).  Where
 * the kernel or a mask over the host's /proc forbids that: the host's /proc, so call it before
 * the container's mounts are made; its file system is checked. */
int procfs_open(int *ret_fd, struct error *err);

/* Writes value to an existing file below it in one write(2).  The path may not leave this very
 * mount: no "..", no symbolic or magic link, nothing mounted over it. */
int procfs_write(int procfs_fd, const char *path, const char *value, struct error *err);

/* As procfs_write(), for a file of the calling process itself ("attr/exec", "oom_score_adj");
 * works in any pid namespace and for any thread. */
int procfs_write_self(int procfs_fd, const char *path, const char *value, struct error *err);

/* Reads the beginning of such a file into ret, with a NUL; at most size bytes. */
int procfs_peek_self(int procfs_fd, const char *path, char *ret, size_t size, struct error *err);

#endif
