/* seccomp_profile.h - the system calls that a new bundle's container may use
 *
 * Allowed is what programs need to compute, to use files, memory, processes, sockets and time within
 * the namespaces that they were given.  What works on the host as a whole (mounts, modules, clocks,
 * tracing of the kernel, key rings, other namespaces) is refused with EPERM; what is not known, and
 * so all that kernels will learn, with ENOSYS, for which programs have a fallback.
 * docs/unpack.md gives the reasons. */
#ifndef IMAGE_SECCOMP_PROFILE_H
#define IMAGE_SECCOMP_PROFILE_H

#include "libocispec/seccomp.h"

/* A new profile for this host's architectures, to be freed with the configuration it is put in. */
struct oci_seccomp *seccomp_profile_new(void);

#endif
