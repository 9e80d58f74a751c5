/* namespaces.h - namespace types by their names, and joining one that exists */
#ifndef LINUX_NAMESPACES_H
#define LINUX_NAMESPACES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* The CLONE_NEW* flag of a type as config.json spells it ("mount", "pid", "network", "uts",
 * "ipc", "user", "cgroup", "time"); 0 when there is no such type. */
uint64_t namespace_flag(const char *type);

/* The reverse; NULL for a flag that is no namespace's. */
const char *namespace_name(uint64_t flag);

/* Every type's name, NULL-terminated. */
const char *const *namespace_names(void);

/* Opens the namespace file `path` (absolute; close-on-exec) and makes sure that it is a namespace of the
 * type `flag`, so that no other file is ever given to setns(2).  Errors are at the JSON path
 * `where`, e.g. "linux.namespaces[2].path". */
int namespace_open(const char *path, uint64_t flag, const char *where, int *ret_fd,
		   struct error *err);

/* Opens the caller's own namespace of the type `flag` by a procfs (linux/procfs.h); close-on-exec.
 * *ret_fd is -1 where the kernel has no such namespaces. */
int namespace_open_own(int procfs_fd, uint64_t flag, int *ret_fd, struct error *err);

/* True when fd, from namespace_open(), is the namespace that the caller is in already. */
bool namespace_is_own(int fd, uint64_t flag);

/* Moves the calling process (for pid and, before its next fork, time: its children) into the
 * namespace; with the pidfd of a process as fd, into several of its namespaces at once: flag then
 * holds their flags. */
int namespace_join(int fd, uint64_t flag, struct error *err);

/* The CLONE_NEW* flags of the namespaces in which process pid is and the caller is not; those of
 * `known` are, and are not looked at.  An error when there is no such process, or we may not look
 * into it. */
int namespaces_differ(pid_t pid, uint64_t known, uint64_t *ret, struct error *err);

/* Whether the user namespace that owns this namespace is the caller's own: if so the caller's
 * capabilities count there, and it need not first become another user namespace's root.
 * Returns 1, 0 or -errno; sets no error. */
int namespace_owner_is_current(int fd);

#endif
