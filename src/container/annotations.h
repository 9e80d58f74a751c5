/* annotations.h - the annotations by which engines ask crun for more than config.json can say */
#ifndef CONTAINER_ANNOTATIONS_H
#define CONTAINER_ANNOTATIONS_H

#include <stdbool.h>

#include "base/error.h"
#include "libocispec/seccomp.h"
#include "libocispec/types.h"
#include "linux/seccomp.h"

#define ANNOTATION_CONTEXT_TYPE "run.oci.mount_context_type"
#define ANNOTATION_CRIU_CONFIG "org.criu.config"
#define ANNOTATION_HOOKS_STDOUT "run.oci.hooks.stdout"
#define ANNOTATION_HOOKS_STDERR "run.oci.hooks.stderr"
#define ANNOTATION_KEEP_GROUPS "run.oci.keep_original_groups"
#define ANNOTATION_PIDFD_RECEIVER "run.oci.pidfd_receiver"
#define ANNOTATION_SECCOMP_BPF "run.oci.seccomp_bpf_data"
#define ANNOTATION_SECCOMP_RECEIVER "run.oci.seccomp.receiver"
#define ANNOTATION_SECCOMP_UNKNOWN "run.oci.seccomp_fail_unknown_syscall"

/* Pure, but for warnings: ENOTSUP for crun's annotations that we have not and that confine the
 * program, EINVAL for values that say nothing.  Those of systemd's properties and cgroups have
 * checks of their own (cgroup/). */
int annotations_check(const struct oci_string_map *annotations, struct error *err);

/* The value, which stays the map's; NULL when it is not there. */
const char *annotation_get(const struct oci_string_map *annotations, const char *name);

/* It is there, and its value is not "0". */
bool annotation_is_on(const struct oci_string_map *annotations, const char *name);

/* The filter that is to take the place of linux.seccomp's rules; { 0 } when there is none.  -EINVAL,
 * -E2BIG when the annotation is no filter, or one that notifies while linux.seccomp.listenerPath
 * (`section` may be NULL) does not say whom. */
int annotation_filter(const struct oci_string_map *annotations, const struct oci_seccomp *section,
		      struct seccomp_program *ret, struct error *err);

/* By which option new file systems get linux.mountLabel: "context", or another of mount(8). */
const char *annotation_context_type(const struct oci_string_map *annotations);

#endif
