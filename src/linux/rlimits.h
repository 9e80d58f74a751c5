/* rlimits.h - process.rlimits */
#ifndef LINUX_RLIMITS_H
#define LINUX_RLIMITS_H

#include <stddef.h>
#include <sys/resource.h>

#include "base/error.h"
#include "libocispec/process.h"

/* Names known ("RLIMIT_NOFILE", ...), none twice, soft not above hard. */
int rlimits_check(const struct oci_rlimit *limits, size_t n, struct error *err);

/* Sets them on the calling process.  Raising a hard limit needs CAP_SYS_RESOURCE in the host's
 * user namespace, one that is already so needs nothing. */
int rlimits_apply(const struct oci_rlimit *limits, size_t n, struct error *err);

/* Lets the calling process have as many descriptors as it may let itself have. */
int files_limit_raise(struct rlimit *ret_old, struct error *err);
int files_limit_restore(const struct rlimit *old, struct error *err);

#endif
