/* idmap_namespace.h - a user namespace that nobody lives in: the maps of an idmapped mount */
#ifndef LINUX_IDMAP_NAMESPACE_H
#define LINUX_IDMAP_NAMESPACE_H

#include <stddef.h>

#include "base/error.h"
#include "libocispec/mount.h"

/* Runs on the host: makes a user namespace with these maps (see idmap_check()) and opens it
 * (close-on-exec).  It ends with its last descriptor and the last mount that it maps. */
int idmap_namespace_open(const struct oci_id_mapping *uids, size_t n_uids,
			 const struct oci_id_mapping *gids, size_t n_gids, int *ret_fd,
			 struct error *err);

#endif
