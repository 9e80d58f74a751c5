/* sysctl.h - linux.sysctl: kernel parameters that belong to the container's own namespaces */
#ifndef LINUX_SYSCTL_H
#define LINUX_SYSCTL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "libocispec/types.h"

/* Refuses what would change the host.  own_namespaces: the CLONE_NEW* flags of the namespaces
 * that are new or joined.  kernel.hostname is refused when the configuration sets the host name
 * itself (has_hostname), and likewise kernel.domainname.
 *
 * Keys are spelled with dots or with slashes; the first separator decides which one it is, so
 * that "net/ipv4/conf/eth0.100/forwarding" and "net.ipv4.conf.eth0/100.forwarding" name the
 * same file (sysctl.d(5)). */
int sysctl_check(const struct oci_string_map *sysctl, uint64_t own_namespaces, bool has_hostname,
		 bool has_domainname, struct error *err);

/* Writes them below sys/ of a procfs (see procfs.h), inside the container's namespaces. */
int sysctl_apply(int procfs_fd, const struct oci_string_map *sysctl, struct error *err);

#endif
