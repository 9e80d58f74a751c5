/* bundle_files.h - files that a bundle brings along, to be mounted over the image's own */
#ifndef IMAGE_BUNDLE_FILES_H
#define IMAGE_BUNDLE_FILES_H

#include "base/error.h"
#include "libocispec/runtime.h"

/* Writes `hosts` and `hostname` into the bundle, and mounts of them on /etc/hosts and /etc/hostname
 * into config, unless something is mounted there.  The image's files stay as they are. */
int bundle_files_write(int bundle_fd, struct oci_config *config, struct error *err);

#endif
