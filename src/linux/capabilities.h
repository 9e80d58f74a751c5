/* capabilities.h - the five capability sets of the container's process
 *
 * The inheritable set is what the configuration says and empty where it says nothing: engines
 * that filled it let programs with file capabilities regain what had been dropped
 * (CVE-2022-24769, CVE-2022-27650, CVE-2022-29162, CVE-2025-27612). */
#ifndef LINUX_CAPABILITIES_H
#define LINUX_CAPABILITIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "libocispec/process.h"

/* One bit a capability, by the kernel's numbers. */
struct capability_sets {
	uint64_t bounding;
	uint64_t effective;
	uint64_t inheritable;
	uint64_t permitted;
	uint64_t ambient;
};

/* Runs on the host.  A name that is no capability's is an error at its path, for instance
 * "process.capabilities.bounding[3]"; so are an effective capability that is not permitted and an
 * inheritable one outside the bounding set, which the kernel would refuse.  Capabilities that the
 * running kernel lacks are left out and named in a warning, as the runtime specification asks.
 * caps NULL: empty sets. */
int capabilities_plan(const struct oci_capabilities *caps, struct capability_sets *ret,
		      struct error *err);

/* First half, while still privileged: limits the bounding set, and keeps the permitted set over
 * the change of user that follows. */
int capabilities_bound_apply(const struct capability_sets *sets, struct error *err);

/* Second half, as the container's user: permitted, effective, inheritable, then ambient.  What
 * the caller does not have itself (which depends on the user namespace, so only init knows) is
 * left out and named in a warning.  Ambient capabilities that are not both permitted and
 * inheritable cannot exist and are left out, and named too. */
int capabilities_apply(const struct capability_sets *sets, struct error *err);

/* Whether it is the name of a capability, which the running kernel need not have. */
bool capability_is_known(const char *name);

/* The names ("CAP_CHOWN", ...) of those that the running kernel has, NULL-terminated. */
const char *const *capability_names(void);

#endif
