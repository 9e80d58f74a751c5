/* event_document.h - what `events` prints of a cgroup's statistics
 *
 * The members and their names are those that readers of runc's events know (containerd's shim,
 * cAdvisor); they count as cgroup v1 did, so swap is memory and swap together.  All is numbers, and
 * names that the kernel gives, which need no quoting. */
#ifndef CLI_EVENT_DOCUMENT_H
#define CLI_EVENT_DOCUMENT_H

#include "base/text.h"
#include "cgroup/stats.h"

/* Appends the JSON object. */
void event_document_append(const struct cgroup_stats *stats, struct str *json);

#endif
