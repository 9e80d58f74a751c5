/* cpu_affinity.h - process.execCPUAffinity: the CPUs that a process may run on */
#ifndef LINUX_CPU_AFFINITY_H
#define LINUX_CPU_AFFINITY_H

#include "base/error.h"
#include "libocispec/process.h"

/* Both lists ("0-3,7") well formed.  NULL: nothing. */
int cpu_affinity_check(const struct oci_exec_cpu_affinity *config, struct error *err);

/* Binds the calling process to a list that has been checked; NULL: nothing. */
int cpu_affinity_apply(const char *cpus, struct error *err);

#endif
