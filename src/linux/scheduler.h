/* scheduler.h - process.scheduler: policy, nice value, priority, deadlines */
#ifndef LINUX_SCHEDULER_H
#define LINUX_SCHEDULER_H

#include "base/error.h"
#include "libocispec/process.h"

/* NULL: nothing. */
int scheduler_check(const struct oci_scheduler *config, struct error *err);
int scheduler_apply(const struct oci_scheduler *config, struct error *err);

#endif
