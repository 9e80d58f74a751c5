/* check.h - what must hold of a config.json before anything is made of it */
#ifndef CONTAINER_CHECK_H
#define CONTAINER_CHECK_H

#include "base/error.h"
#include "cgroup/driver.h"
#include "container/create.h"
#include "container/plan.h"
#include "libocispec/runtime.h"

/* The configuration by itself: each error names the member's JSON path. */
int config_check(const struct oci_config *config, enum cgroup_manager manager, struct error *err);

/* A process by itself: of a configuration, or that exec adds. */
int process_check(const struct oci_process *process, struct error *err);

/* The configuration against the namespaces that the plan gives it. */
int plan_check(const struct oci_config *config, const struct launch_plan *plan, struct error *err);

/* The configuration against the command line: who gets the terminal; and whether the kept_fds
 * descriptors from 3 on, which the container is to get, are there. */
int options_check(const struct oci_config *config, const struct create_options *options,
		  bool is_foreground, unsigned int kept_fds, struct error *err);

#endif
