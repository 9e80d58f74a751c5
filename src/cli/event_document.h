/* event_document.h - what `events` prints of a container's statistics
 *
 * The members and their names are those that readers of runc's events know (containerd's shim,
 * cAdvisor); they count as cgroup v1 did, so swap is memory and swap together.  All is numbers, and
 * names that the kernel gives, which need no quoting; what resctrl tells has a table. */
#ifndef CLI_EVENT_DOCUMENT_H
#define CLI_EVENT_DOCUMENT_H

#include "base/text.h"
#include "cgroup/stats.h"
#include "linux/rdt_stats.h"

/* Appends the JSON object. */
int event_document_append(const struct cgroup_stats *stats, const struct rdt_stats *rdt,
			  struct str *json, struct error *err);

#endif
