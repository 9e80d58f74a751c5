/* rdt_schemata.h - the text that a schemata file of resctrl holds, and what is written there */
#ifndef LINUX_RDT_SCHEMATA_H
#define LINUX_RDT_SCHEMATA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "libocispec/linux.h"

/* The lines of l3CacheSchema and memBwSchema together, each with its newline.  When both are there,
 * lines of the first that begin with "MB:" are left out. */
void rdt_schemata_join(const char *l3_cache_schema, const char *mem_bw_schema, struct str *ret);

/* The lines of the member "schemata", each with its newline. */
void rdt_schemata_list(const struct oci_strings *schemata, struct str *ret);

/* Reads that file of a class's directory `group`; *ret is to be freed. */
int rdt_schemata_read(const char *group, char **ret, struct error *err);

/* The line of a resource ("L3", "MB"), or those of L3CODE and L3DATA where these are apart (resctrl's mount
 * option "cdp"), without the kernel's padding; to be freed, or NULL. */
char *rdt_schemata_find(const char *file, const char *resource);

/* True when `file`, as the kernel shows it, has each value of the lines in `wanted`, the last of those for one
 * domain: resources and domains that these do not name may have any.  Bandwidth is rounded up to bandwidth_step
 * by the kernel (info/MB/bandwidth_gran; 0: not known): percentages, and by Linux 6.1 MiB/s, too (resctrl's mount
 * option "mba_MBps"). */
bool rdt_schemata_match(const char *file, const char *wanted, uint64_t bandwidth_step);

#endif
