/* seccomp_newest.h - system calls that are newer than a profile are unknown, not forbidden */
#ifndef LINUX_SECCOMP_NEWEST_H
#define LINUX_SECCOMP_NEWEST_H

#include <linux/filter.h>
#include <stddef.h>

#include "libocispec/seccomp.h"
#include "linux/seccomp_library.h"

#define SECCOMP_NEWEST_MAX 192

/* The code that goes in front of the filter: ENOSYS for numbers beyond the highest that a rule names,
 * by architecture; config has passed seccomp_check().  Returns how many instructions; 0 where the
 * default action lets calls through, or is ENOSYS itself. */
size_t seccomp_newest(const struct seccomp_library *lib, const struct oci_seccomp *config,
		      uint32_t default_action, struct sock_filter ret[SECCOMP_NEWEST_MAX]);

#endif
