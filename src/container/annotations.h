/* annotations.h - the annotations by which engines ask crun for more than config.json can say */
#ifndef CONTAINER_ANNOTATIONS_H
#define CONTAINER_ANNOTATIONS_H

#include "libocispec/types.h"

#define ANNOTATION_HOOKS_STDOUT "run.oci.hooks.stdout"
#define ANNOTATION_HOOKS_STDERR "run.oci.hooks.stderr"
#define ANNOTATION_KEEP_GROUPS "run.oci.keep_original_groups"
#define ANNOTATION_PIDFD_RECEIVER "run.oci.pidfd_receiver"
#define ANNOTATION_SECCOMP_RECEIVER "run.oci.seccomp.receiver"
#define ANNOTATION_SECCOMP_UNKNOWN "run.oci.seccomp_fail_unknown_syscall"

/* The value, which stays the map's; NULL when it is not there. */
const char *annotation_get(const struct oci_string_map *annotations, const char *name);

#endif
