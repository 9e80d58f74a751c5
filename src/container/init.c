/* init.c - the tables of what happens inside, and what runs them */
#include "container/init.h"

#include <linux/sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "container/annotations.h"
#include "container/container.h"
#include "container/sync.h"
#include "linux/signals.h"

struct step {
	const char *name; /* the error's context, and the debug log's line */
	int (*run)(struct init *init, struct error *err);
	bool (*only_if)(const struct init *init); /* NULL: always */
};

static bool has_no_stage(const struct init *init)
{
	return !init->container->plan.has_stage;
}

static bool has_scope(const struct init *init)
{
	return init->container->cgroup.scope;
}

static bool has_scope_and_no_stage(const struct init *init)
{
	return has_scope(init) && has_no_stage(init);
}

static bool makes_user(const struct init *init)
{
	return init->container->plan.makes_user;
}

static bool makes_time(const struct init *init)
{
	return init->container->plan.makes_time;
}

static bool has_new_user(const struct init *init)
{
	return init->container->plan.has_new_user;
}

static bool has_user(const struct init *init)
{
	return init->container->plan.has_new_user || init->container->plan.has_joined_user;
}

static bool has_user_as_host(const struct init *init)
{
	return init->container->is_users;
}

static bool has_new_user_and_no_stage(const struct init *init)
{
	return has_new_user(init) && has_no_stage(init);
}

/* Elsewhere the host writes it; but without privileges it may not to a process that hides, as the stage
 * does from its second step on. */
static bool has_own_oom_score(const struct init *init)
{
	return init->container->plan.has_joined_user && init->process->oom_score_adj.is_set &&
	       !init->container->is_exec && geteuid() != 0;
}

/* The host writes the id maps and the clock offsets, and as a user may not do that to a process that
 * hides. */
static bool is_looked_into(const struct init *init)
{
	return has_new_user(init) || makes_time(init);
}

static bool can_hide_at_once(const struct init *init)
{
	return !is_looked_into(init);
}

/* An init in the host's memory that has waited for its network finds there which signals it ignores. */
static bool learns_signals(const struct init *init)
{
	return init->container->plan.host_makes_network && container_shares_memory(init->container);
}

static bool has_new_network(const struct init *init)
{
	const struct launch_plan *plan = &init->container->plan;

	return (plan->clone_flags | plan->stage_clone_flags) & CLONE_NEWNET;
}

static bool has_net_devices(const struct init *init)
{
	return init->linux->net_devices.n;
}

static bool has_late_unshare(const struct init *init)
{
	return init->container->plan.late_unshare;
}

/* A cgroup namespace shows what is below the cgroup that its maker is in. */
static bool shows_late_place(const struct init *init)
{
	return init->container->is_placed_late &&
	       (init->container->plan.late_unshare & CLONE_NEWCGROUP);
}

static bool has_terminal(const struct init *init)
{
	return init->process->terminal;
}

static bool has_host_hooks(const struct init *init)
{
	const struct oci_hooks *hooks = init->config->hooks;

	return hooks && (hooks->prestart.n || hooks->create_runtime.n);
}

static bool has_create_container_hooks(const struct init *init)
{
	return init->config->hooks && init->config->hooks->create_container.n;
}

/* createContainer hooks, too, are to find all that is done beside init: the host sees to that, whether it
 * has hooks to run or not. */
static bool has_early_hooks(const struct init *init)
{
	return has_host_hooks(init) || has_create_container_hooks(init);
}

/* Hooks look for it in its cgroup, and what they leave behind must be found there. */
static bool has_hooks_and_late_place(const struct init *init)
{
	return init->container->is_placed_late && has_early_hooks(init);
}

static bool has_start_container_hooks(const struct init *init)
{
	return init->config->hooks && init->config->hooks->start_container.n;
}

/* For which the usual limit of descriptors, 1024, may be too low. */
static bool has_many_mounts(const struct init *init)
{
	return init->config->mounts.n > 500;
}

static bool has_names(const struct init *init)
{
	return init->config->hostname || init->config->domainname;
}

static bool has_sysctl(const struct init *init)
{
	return init->linux->sysctl.n;
}

/* What a setting makes of "lo" depends on whether that is up: net.ipv4.conf.default.* goes there until then,
 * and its IPv6 MTU is set anew when it comes up.  The thread may be late to see to that; where it was not,
 * nothing is left to do. */
static bool sets_network(const struct init *init)
{
	return init->container->plan.host_makes_network && has_sysctl(init);
}

static bool has_labels(const struct init *init)
{
	return init->process->selinux_label || init->process->apparmor_profile;
}

/* A user without privileges may not look into a created init: exec asks it for its namespaces. */
static bool gives_namespaces(const struct init *init)
{
	return has_user(init) && init->container->start_sock >= 0;
}

/* Before the container's mounts: where the kernel gives us no procfs, the host's is still there. */
static bool needs_procfs(const struct init *init)
{
	return has_sysctl(init) || has_labels(init) || gives_namespaces(init);
}

static bool has_readonly_root(const struct init *init)
{
	return init->config->root->readonly;
}

/* Loading a filter takes CAP_SYS_ADMIN, or no new privileges; with these it can come last. */
static bool seccomp_early(const struct init *init)
{
	return init->container->filter.filter && !init->process->no_new_privileges;
}

static bool seccomp_late(const struct init *init)
{
	return init->container->filter.filter && init->process->no_new_privileges &&
	       !init->has_filter;
}

static bool has_affinity(const struct init *init)
{
	return init->process->exec_cpu_affinity && init->process->exec_cpu_affinity->final;
}

static bool lacks_cwd(const struct init *init)
{
	return !init->has_cwd;
}

/* The process in between, where plan.h says that one is needed.  What it makes is born hidden among
 * the processes of a pid namespace that was joined. */
/* clang-format off */
static const struct step stage_steps[] = {
	{ "set the OOM score",                      oom_score_step,      has_own_oom_score },
	{ "hide from other processes",              hide_step,           can_hide_at_once },
	{ "enter the cgroup",                       place_step,          has_scope    },
	{ "join the host's namespaces",             joins_before_step,   NULL         },
	{ "make the user namespace",                make_user_step,      makes_user   },
	{ "map user and group ids",                 map_ids_step,        has_new_user },
	{ "join namespaces",                        join_step,           NULL         },
	{ "make the time namespace",                make_time_step,      makes_time   },
	{ "hide from other processes",              hide_step,           is_looked_into },
	{ "fork init",                              fork_step,           NULL         },
};

static const struct step init_steps[] = {
	{ "enter the cgroup",                       place_step,          has_scope_and_no_stage },
	{ "start a session",                        session_step,        NULL         },
	{ "map user and group ids",                 map_ids_step,        has_new_user_and_no_stage },
	{ "join namespaces",                        join_step,           has_no_stage },
	{ "open what tells of it in /proc",         stat_step,           has_user_as_host },
	{ "enter the bundle",                       bundle_step,         NULL         },
	{ "raise the limit of descriptors",         raise_files_step,    has_many_mounts },
	{ "open the sources of mounts",             open_sources_step,   has_user     },
	{ "become root of the user namespace",      user_root_step,      has_user     },
	{ "hide from other processes",              hide_step,           NULL         },
	{ "enter the cgroup",                       enter_cgroup_step,   shows_late_place },
	{ "make the last namespaces",               late_unshare_step,   has_late_unshare },
	{ "leave the cgroup",                       leave_cgroup_step,   shows_late_place },
	{ "open a private procfs",                  procfs_step,         needs_procfs },
	{ "bring up the loopback device",           loopback_step,       has_new_network },
	{ "get the host's network devices",         net_devices_step,    has_net_devices },
	{ "set host and domain name",               uts_step,            has_names    },
	{ "open the root file system",              rootfs_step,         NULL         },
	{ "mount file systems",                     mounts_step,         NULL         },
	{ "join the network namespace",             network_step,        NULL         },
	{ "make devices",                           devices_step,        NULL         },
	{ "open the terminal",                      terminal_step,       has_terminal },
	{ "make the console",                       console_step,        has_terminal },
	{ "enter the cgroup",                       enter_cgroup_step,   has_hooks_and_late_place },
	{ "ignore no signal",                       signals_step,        learns_signals },
	{ "wait for the host and its hooks",        host_hooks_step,     has_early_hooks },
	{ "run createContainer hooks",              create_container_hooks_step, has_create_container_hooks },
	{ "bring up the loopback device",           loopback_step,       sets_network },
	{ "set sysctls",                            sysctl_step,         has_sysctl   },
	{ "mask paths",                             masks_step,          NULL         },
	{ "make the working directory",             make_cwd_step,       NULL         },
	{ "make file systems read-only",            readonly_mounts_step, NULL        },
	{ "lower the limit of descriptors",         restore_files_step,  has_many_mounts },
	{ "change the root file system",            pivot_step,          NULL         },
	{ "make the root file system read-only",    readonly_step,       has_readonly_root },
	{ "take the terminal",                      controlling_terminal_step, has_terminal },
	{ "set labels",                             lsm_step,            has_labels   },
	{ "prepare the environment",                environment_step,    NULL         },
	{ "set resource limits",                    limits_step,         NULL         },
	{ "set scheduling",                         scheduling_step,     NULL         },
	{ "enter the working directory",            cwd_step,            NULL         },
	{ "load the seccomp filter",                seccomp_step,        seccomp_early },
	{ "drop privileges",                        privileges_step,     NULL         },
	{ "enter the working directory",            late_cwd_step,       lacks_cwd    },
	{ "find the program",                       find_program_step,   NULL         },
	{ "wait for start",                         ready_step,          NULL         },
	{ "run startContainer hooks",               start_container_hooks_step, has_start_container_hooks },
	{ "load the seccomp filter",                seccomp_step,        seccomp_late },
	{ "execute the program",                    execute_step,        NULL         },
};

/* exec: one process more in a container that has all else. */
static const struct step exec_steps[] = {
	{ "start a session",                        session_step,        NULL         },
	{ "open a private procfs",                  procfs_step,         has_labels   },
	{ "join namespaces",                        join_step,           has_no_stage },
	{ "become root of the user namespace",      user_root_step,      has_user     },
	{ "hide from other processes",              hide_step,           NULL         },
	{ "open the root file system",              exec_root_step,      has_terminal },
	{ "open the terminal",                      terminal_step,       has_terminal },
	{ "take the terminal",                      controlling_terminal_step, has_terminal },
	{ "set labels",                             lsm_step,            has_labels   },
	{ "prepare the environment",                environment_step,    NULL         },
	{ "set resource limits",                    limits_step,         NULL         },
	{ "set scheduling",                         scheduling_step,     NULL         },
	{ "bind the process to CPUs",               affinity_step,       has_affinity },
	{ "enter the working directory",            cwd_step,            NULL         },
	{ "load the seccomp filter",                seccomp_step,        seccomp_early },
	{ "drop privileges",                        privileges_step,     NULL         },
	{ "enter the working directory",            late_cwd_step,       lacks_cwd    },
	{ "find the program",                       find_program_step,   NULL         },
	{ "wait for start",                         ready_step,          NULL         },
	{ "load the seccomp filter",                seccomp_step,        seccomp_late },
	{ "execute the program",                    execute_step,        NULL         },
};
/* clang-format on */

static int run_steps(const struct step *steps, size_t n, struct init *init, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		int r;

		if (steps[i].only_if && !steps[i].only_if(init))
			continue;
		r = steps[i].run(init, err);
		if (r < 0)
			return fail_in(err, "%s", steps[i].name);
		log_debug("%s: %s", init->container->is_exec ? "exec" : "init", steps[i].name);
	}
	return 0;
}

_Noreturn void init_main(const struct container *container)
{
	struct init init = {
		.container = container,
		.config = &container->bundle.config,
		.process = container_process(container),
		.linux = container_linux(container),
		.sock = container->init_sock,
		.cgroup = -1,
		.rootfs_source = -1,
		.stat = -1,
		.rootfs = -1,
		.procfs = -1,
		.terminal = -1,
		.awaits_network = container->plan.host_makes_network,
		.can_setgroups = !container->denies_setgroups,
		.keeps_groups = annotation_is_on(&container->bundle.config.annotations,
						 ANNOTATION_KEEP_GROUPS),
	};
	struct error err;
	int r;

	if (learns_signals(&init))
		signals_unblock();
	else
		signals_reset();
	signals_take_failed_writes();
	close(container->sock);
	r = init_tie_to_host(&err);
	if (r == 0 && container->plan.has_stage)
		r = run_steps(stage_steps, ARRAY_SIZE(stage_steps), &init, &err);
	if (r == 0 && container->is_exec)
		r = run_steps(exec_steps, ARRAY_SIZE(exec_steps), &init, &err);
	else if (r == 0)
		r = run_steps(init_steps, ARRAY_SIZE(init_steps), &init, &err);
	sync_say_error(init.sock, &err);
	_exit(1);
}
