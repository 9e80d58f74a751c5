/* io_priority.h - process.ioPriority */
#ifndef LINUX_IO_PRIORITY_H
#define LINUX_IO_PRIORITY_H

#include "base/error.h"
#include "libocispec/process.h"

/* A class "IOPRIO_CLASS_RT", "..._BE" or "..._IDLE", and a priority from 0 to 7.  NULL: nothing. */
int io_priority_check(const struct oci_io_priority *config, struct error *err);
int io_priority_apply(const struct oci_io_priority *config, struct error *err);

#endif
