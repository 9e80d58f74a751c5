/* memory_policy.h - linux.memoryPolicy: the NUMA nodes that memory comes from */
#ifndef LINUX_MEMORY_POLICY_H
#define LINUX_MEMORY_POLICY_H

#include "base/error.h"
#include "libocispec/linux.h"

/* NULL: nothing. */
int memory_policy_check(const struct oci_memory_policy *config, struct error *err);
int memory_policy_apply(const struct oci_memory_policy *config, struct error *err);

/* What a configuration may say, NULL-terminated. */
const char *const *memory_policy_mode_names(void);
const char *const *memory_policy_flag_names(void);

#endif
