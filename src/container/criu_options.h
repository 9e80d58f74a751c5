/* criu_options.h - the options that checkpoint and restore hand on to criu */
#ifndef CONTAINER_CRIU_OPTIONS_H
#define CONTAINER_CRIU_OPTIONS_H

#include <stdbool.h>

#include "base/error.h"

/* What criu does about cgroups inside the container's.  The container's own is ours to make, and
 * criu works inside it. */
enum criu_cgroups_mode {
	CRIU_CGROUPS_AUTO, /* soft; on a hybrid host, where that would touch v1, ignore */
	CRIU_CGROUPS_SOFT,
	CRIU_CGROUPS_FULL,
	CRIU_CGROUPS_STRICT,
	CRIU_CGROUPS_IGNORE,
	CRIU_CGROUPS_PROPS,
	CRIU_CGROUPS_NONE,
};

/* How connections are kept from going on while they are saved. */
enum criu_network_lock {
	CRIU_NETWORK_LOCK_AUTO, /* criu's choice */
	CRIU_NETWORK_LOCK_IPTABLES,
	CRIU_NETWORK_LOCK_NFTABLES,
	CRIU_NETWORK_LOCK_SKIP,
};

struct criu_options {
	const char *image_path;	 /* NULL: ./checkpoint */
	const char *work_path;	 /* NULL: the images' */
	const char *parent_path; /* of an earlier pre-dump, from image_path */
	const char *page_server; /* "ADDRESS:PORT" */
	const char *status_fd;
	const char *lsm_profile; /* "TYPE:NAME" */
	const char *lsm_mount_context;
	const char *empty_ns;		  /* "network" */
	unsigned int manage_cgroups_mode; /* enum criu_cgroups_mode */
	unsigned int network_lock;	  /* enum criu_network_lock */
	bool leave_running;
	bool pre_dump;
	bool tcp_established;
	bool tcp_close;
	bool tcp_skip_in_flight;
	bool ext_unix_sk;
	bool shell_job;
	bool file_locks;
	bool lazy_pages;
	bool auto_dedup;
	bool link_remap;
};

/* What the command line can get wrong: class usage. */
int criu_options_check(const struct criu_options *options, struct error *err);

/* Takes "ADDRESS:PORT" apart; the address may hold colons of its own.  *ret_address is to be freed.
 * Returns 0 or -EINVAL and sets no error. */
int criu_page_server_parse(const char *text, char **ret_address, unsigned int *ret_port);

#endif
