/* exec_process.h - which process exec runs: the container's, and what is to be different */
#ifndef CONTAINER_EXEC_PROCESS_H
#define CONTAINER_EXEC_PROCESS_H

#include "base/error.h"
#include "container/exec.h"
#include "libocispec/process.h"

/* Turns *process, the container's, into what exec is to run.
 *
 * From the command line: args, cwd, user, labels and terminal are replaced; environment, groups
 * and capabilities grow.  A capability goes into the bounding, effective and permitted sets; it
 * becomes ambient only where the container has it as an inheritable one, and inheritable never
 * (CVE-2022-29162).
 *
 * From a document: it is taken as it is.  Capabilities, limits, labels, scheduling, affinity and
 * the OOM score adjustment that it does not have are the container's. */
int exec_process_plan(const struct exec_options *options, struct oci_process *process,
		      struct error *err);

#endif
