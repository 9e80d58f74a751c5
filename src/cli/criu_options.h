/* criu_options.h - the options that checkpoint and restore share */
#ifndef CLI_CRIU_OPTIONS_H
#define CLI_CRIU_OPTIONS_H

#include "cli/options.h"
#include "container/criu_options.h"

extern const char *const criu_cgroups_mode_names[];
extern const char *const criu_network_lock_names[];

/* clang-format off */
#define CRIU_OPTION_ROWS(type, criu) \
	OPTION(type, criu image_path, "image-path", 0, "DIR", \
	       "where the images are (default: ./checkpoint)"), \
	OPTION(type, criu work_path, "work-path", 0, "DIR", \
	       "where criu's log and other files go (default: to the images)"), \
	OPTION(type, criu tcp_established, "tcp-established", 0, NULL, \
	       "allow open TCP connections"), \
	OPTION(type, criu ext_unix_sk, "ext-unix-sk", 0, NULL, \
	       "allow unix sockets that lead out of the container"), \
	OPTION(type, criu shell_job, "shell-job", 0, NULL, \
	       "allow a terminal that is not the container's own"), \
	OPTION(type, criu file_locks, "file-locks", 0, NULL, "allow file locks"), \
	OPTION(type, criu manage_cgroups_mode, "manage-cgroups-mode", 0, "MODE", \
	       "cgroups in the container: soft, full, strict, ignore, props, none or auto", \
	       .choices = criu_cgroups_mode_names), \
	OPTION(type, criu empty_ns, "empty-ns", 0, "NAMESPACE", \
	       "leave out what is in this namespace: network"), \
	OPTION(type, criu auto_dedup, "auto-dedup", 0, NULL, \
	       "drop what a later image replaces"), \
	OPTION(type, criu lazy_pages, "lazy-pages", 0, NULL, \
	       "move memory only when it is used"), \
	OPTION(type, criu link_remap, "link-remap", 0, NULL, \
	       "keep files without a name by giving them one"), \
	OPTION(type, criu network_lock, "network-lock", 0, "METHOD", \
	       "how the network is locked meanwhile: iptables, nftables, skip or auto", \
	       .choices = criu_network_lock_names)
/* clang-format on */

#endif
