/* masks.h - linux.maskedPaths and linux.readonlyPaths
 *
 * Both run inside, before pivot_root(2) and behind the mounts; what does not exist is skipped.  The root
 * itself can be read-only, but not be masked. */
#ifndef LINUX_MASKS_H
#define LINUX_MASKS_H

#include "base/error.h"
#include "libocispec/types.h"

/* Covers each directory with one and the same empty read-only tmpfs, and everything else with the
 * host's /dev/null, whose numbers are checked (CVE-2025-31133).  label (linux.mountLabel, or
 * NULL) is the tmpfs's. */
int masked_paths_apply(int root_fd, const struct oci_strings *paths, const char *label,
		       struct error *err);

/* Makes each path, with all mounts below it, read-only; their other flags stay. */
int readonly_paths_apply(int root_fd, const struct oci_strings *paths, struct error *err);

#endif
