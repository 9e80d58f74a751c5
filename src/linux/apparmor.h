/* apparmor.h - process.apparmorProfile */
#ifndef LINUX_APPARMOR_H
#define LINUX_APPARMOR_H

#include "base/error.h"

/* Runs on the host: AppArmor is enabled.  A profile where it is not is an error: a container
 * that asked for confinement does not run unconfined.  NULL or "": nothing to check. */
int apparmor_check(const char *profile, struct error *err);

/* The next exec of the calling process is confined by the profile; when the process is confined
 * already, by both: the kernel forbids a process with no_new_privs to leave what confines it, and
 * a container shall not escape from what its engine is held by.  procfs_fd: see procfs.h. */
int apparmor_apply(int procfs_fd, const char *profile, struct error *err);

#endif
