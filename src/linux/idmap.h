/* idmap.h - which ids of a user namespace are which ids of the host */
#ifndef LINUX_IDMAP_H
#define LINUX_IDMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "libocispec/mount.h"

#define IDMAP_MAX 340 /* UID_GID_MAP_MAX_EXTENTS of the kernel */

/* What the kernel would refuse with a bare EINVAL: no size, ids beyond 32 bits, overlaps on
 * either side, more than IDMAP_MAX ranges, or a page of text.  `where` is the list's JSON path. */
int idmap_check(const struct oci_id_mapping *maps, size_t n, const char *where, struct error *err);

/* Runs on the host: gives the new user namespace of process pid its maps, once.  Directly where
 * the kernel lets the caller (with "setgroups" denied when the caller may only map its own
 * gid); else by newuidmap(1) and newgidmap(1), for ranges of /etc/subuid and /etc/subgid.
 * *ret_can_setgroups says whether setgroups(2) works inside; it may be NULL. */
int idmap_write(pid_t pid, const struct oci_id_mapping *uids, size_t n_uids,
		const struct oci_id_mapping *gids, size_t n_gids, bool *ret_can_setgroups,
		struct error *err);

/* True when the user namespace that process pid is in denies setgroups(2): the groups of who is in it
 * stay what they are. */
bool idmap_denies_setgroups(pid_t pid);

/* The host's id of `id` inside, by the configuration; false when it is not mapped.  No maps at all (n 0)
 * is the host's own user namespace: every id is itself. */
bool idmap_to_host(const struct oci_id_mapping *maps, size_t n, uint32_t id, uint32_t *ret);

/* The same of a uid of the user namespace that process pid is in, as the kernel tells. */
bool idmap_user_on_host(pid_t pid, uint32_t uid, uid_t *ret);

#endif
