/* user.h - the container's user, groups and umask; and no new privileges by exec */
#ifndef LINUX_USER_H
#define LINUX_USER_H

#include <stdbool.h>

#include "base/error.h"
#include "libocispec/process.h"

/* Becomes user (NULL: 0:0) with exactly its additional groups, and sets its umask (0022 when it
 * has none).  can_setgroups false: the user namespace denies setgroups(2); the groups then stay
 * those of the caller, and additionalGids other than gid are an error. */
int user_apply(const struct oci_user *user, bool can_setgroups, struct error *err);

/* process.noNewPrivileges; also what seccomp needs without CAP_SYS_ADMIN. */
int no_new_privs_apply(struct error *err);

#endif
