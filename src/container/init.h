/* init.h - the inside: what the first process of a container does before it becomes the program
 *
 * init.c holds the tables, in the order that the life cycle of the runtime specification asks
 * for.  Their steps stand by subject in init_namespaces.c, init_rootfs.c, init_process.c,
 * init_start.c and init_exec.c: each runs in the new process, and returns 0 or the negative errno
 * in *err. */
#ifndef CONTAINER_INIT_H
#define CONTAINER_INIT_H

#include <stdbool.h>
#include <sys/resource.h>

#include "base/error.h"
#include "container/sync.h"
#include "libocispec/runtime.h"
#include "linux/mount_late.h"

struct container;

/* What the steps hand on to each other. */
struct init {
	const struct container *container;
	const struct oci_config *config;
	const struct oci_process *process; /* of config */
	const struct oci_linux *linux;	   /* of config, or an empty one */
	int sock;			   /* to the host, or later to start: see sync.h */
	int rootfs;   /* the container's root directory; -1 until it is opened */
	int procfs;   /* our own procfs; -1 unless something is to be written or found there */
	int terminal; /* the pty's slave; -1: none */
	int cgroup;   /* without a cgroup namespace: what its mount binds; or -1 */
	int *sources; /* below a user namespace: O_PATH of mounts[i].source, or -1; else NULL */
	int rootfs_source;	/* the same for the root file system; -1: not opened */
	int stat;		/* our own /proc/self/stat, for a host that may not see it; or -1 */
	struct mount_late late; /* mounts that become read-only last; owned */
	struct rlimit files;	/* the limit of descriptors before it was raised */
	bool awaits_network;	/* the host makes it, and we have not joined it yet */
	bool can_setgroups;
	bool keeps_groups; /* as crun: the caller's, and not those of config.json */
	bool has_cwd;	   /* cwd_step succeeded */
	bool has_filter;   /* ready_step has loaded it */
	char *program;	   /* args[0], found in PATH */
	char **env;	   /* of the program, NULL-terminated; execve(2) takes all of it along */
};

/* Where the clone's child begins; never returns. */
_Noreturn void init_main(const struct container *container);

/* Asks the host: says message, with value and fd as sync_say() has them, and waits for SYNC_GO, whose
 * value it returns. */
int init_ask(struct init *init, enum sync_message message, int value, int fd, struct error *err);

/* From now on this process is killed when the runtime has ended, however that ended.  To be called anew
 * after a change of user or of user namespace, which the kernel takes for a reason to forget it. */
int init_tie_to_host(struct error *err);

/* init_namespaces.c: the stage's steps, and init's. */
int place_step(struct init *init, struct error *err);
int oom_score_step(struct init *init, struct error *err);
int joins_before_step(struct init *init, struct error *err);
int make_user_step(struct init *init, struct error *err);
int enter_cgroup_step(struct init *init, struct error *err);
int leave_cgroup_step(struct init *init, struct error *err);
int join_step(struct init *init, struct error *err);
int open_sources_step(struct init *init, struct error *err);
int map_ids_step(struct init *init, struct error *err);
int stat_step(struct init *init, struct error *err);
int user_root_step(struct init *init, struct error *err);
int make_time_step(struct init *init, struct error *err);
int fork_step(struct init *init, struct error *err);
int network_step(struct init *init, struct error *err);
int signals_step(struct init *init, struct error *err);
int net_devices_step(struct init *init, struct error *err);
int late_unshare_step(struct init *init, struct error *err);

/* init_rootfs.c */
int bundle_step(struct init *init, struct error *err);
int raise_files_step(struct init *init, struct error *err);
int restore_files_step(struct init *init, struct error *err);
int rootfs_step(struct init *init, struct error *err);
int mounts_step(struct init *init, struct error *err);
int devices_step(struct init *init, struct error *err);
int terminal_step(struct init *init, struct error *err);
int console_step(struct init *init, struct error *err);
int masks_step(struct init *init, struct error *err);
int host_hooks_step(struct init *init, struct error *err);
int create_container_hooks_step(struct init *init, struct error *err);
int pivot_step(struct init *init, struct error *err);
int make_cwd_step(struct init *init, struct error *err);
int readonly_mounts_step(struct init *init, struct error *err);
int readonly_step(struct init *init, struct error *err);

/* init_process.c */
int session_step(struct init *init, struct error *err);
int hide_step(struct init *init, struct error *err);
int procfs_step(struct init *init, struct error *err);
int loopback_step(struct init *init, struct error *err);
int uts_step(struct init *init, struct error *err);
int sysctl_step(struct init *init, struct error *err);
int lsm_step(struct init *init, struct error *err);
int limits_step(struct init *init, struct error *err);
int scheduling_step(struct init *init, struct error *err);
int controlling_terminal_step(struct init *init, struct error *err);
int environment_step(struct init *init, struct error *err);
int seccomp_step(struct init *init, struct error *err);
int cwd_step(struct init *init, struct error *err);
int privileges_step(struct init *init, struct error *err);
int late_cwd_step(struct init *init, struct error *err);
int find_program_step(struct init *init, struct error *err);

/* init_exec.c */
int exec_root_step(struct init *init, struct error *err);
int affinity_step(struct init *init, struct error *err);

/* init_start.c */
int ready_step(struct init *init, struct error *err);
int start_container_hooks_step(struct init *init, struct error *err);
int execute_step(struct init *init, struct error *err);

#endif
