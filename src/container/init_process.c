/* init_process.c - init's steps: what the process may, and where it stands */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "container/container.h"
#include "container/init.h"
#include "container/passwd.h"
#include "container/program.h"
#include "container/sync.h"
#include "linux/apparmor.h"
#include "linux/capabilities.h"
#include "linux/io_priority.h"
#include "linux/keyring.h"
#include "linux/loopback.h"
#include "linux/memory_policy.h"
#include "linux/personality.h"
#include "linux/procfs.h"
#include "linux/rlimits.h"
#include "linux/scheduler.h"
#include "linux/seccomp.h"
#include "linux/selinux.h"
#include "linux/sysctl.h"
#include "linux/terminal.h"
#include "linux/user.h"
#include "linux/uts.h"

/* The keyring is made with its label; exec forgets what was asked for. */
static int label_keys(const char *label, struct error *err)
{
	auto_fd procfs = -1;
	int r = procfs_open(&procfs, err);

	return r < 0 ? r : selinux_key_apply(procfs, label, err);
}

int session_step(struct init *init, struct error *err)
{
	if (setsid() < 0)
		return fail_errno(err, "start a session");
	if (init->container->options->no_new_keyring)
		return 0;
	if (init->process->selinux_label && label_keys(init->process->selinux_label, err) < 0)
		return -err->code;
	return keyring_apply(init->container->options->id, err);
}

/* A pid or user namespace that was joined holds processes that could look into us.  Not before the
 * ids are mapped: an unprivileged runtime can write the maps of a process that it may look into. */
int hide_step(struct init *init, struct error *err)
{
	(void) init;
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return fail_errno(err, "forbid other processes to look into init");
	return 0;
}

int procfs_step(struct init *init, struct error *err)
{
	return procfs_open(&init->procfs, err);
}

int loopback_step(struct init *init, struct error *err)
{
	(void) init;
	return loopback_apply(err);
}

int uts_step(struct init *init, struct error *err)
{
	return uts_apply(init->config->hostname, init->config->domainname, err);
}

int sysctl_step(struct init *init, struct error *err)
{
	return sysctl_apply(init->procfs, &init->linux->sysctl, err);
}

int lsm_step(struct init *init, struct error *err)
{
	int r = 0;

	if (init->process->selinux_label)
		r = selinux_exec_apply(init->procfs, init->process->selinux_label, err);
	if (r == 0 && init->process->apparmor_profile)
		r = apparmor_apply(init->procfs, init->process->apparmor_profile, err);
	return r;
}

int limits_step(struct init *init, struct error *err)
{
	return rlimits_apply(init->process->rlimits.items, init->process->rlimits.n, err);
}

int scheduling_step(struct init *init, struct error *err)
{
	if (init->process->scheduler && scheduler_apply(init->process->scheduler, err) < 0)
		return fail_place(err, "process.scheduler");
	if (init->process->io_priority && io_priority_apply(init->process->io_priority, err) < 0)
		return fail_place(err, "process.ioPriority");
	if (init->linux->memory_policy && memory_policy_apply(init->linux->memory_policy, err) < 0)
		return fail_place(err, "linux.memoryPolicy");
	if (init->linux->personality && personality_apply(init->linux->personality, err) < 0)
		return fail_place(err, "linux.personality");
	return 0;
}

int controlling_terminal_step(struct init *init, struct error *err)
{
	int r;

	r = terminal_chown(init->terminal, init->process->user ? init->process->user->uid : 0, err);
	if (r < 0)
		return r;
	r = terminal_apply(init->terminal, err);
	cleanup_fd(&init->terminal);
	return r;
}

/* In place of one of that name. */
static void put(char **env, size_t *n, char *entry)
{
	size_t name = strcspn(entry, "=") + 1;

	for (size_t i = 0; i < *n; i++)
		if (strncmp(env[i], entry, name) == 0) {
			env[i] = entry;
			return;
		}
	env[(*n)++] = entry;
}

/* The configuration's environment, and what a program takes for granted: HOME, as shells and most
 * languages' run times do, and the descriptors that a service manager passes through us. */
int environment_step(struct init *init, struct error *err)
{
	const struct oci_strings *env = &init->process->env;
	const struct oci_user *user = init->process->user;
	unsigned int listen_fds = init->container->listen_fds;
	size_t n = env->n;

	(void) err;
	init->env = xcalloc(n + 5, sizeof(*init->env));
	for (size_t i = 0; i < n; i++)
		init->env[i] = env->items[i];
	if (!env_get(init->env, "HOME")) {
		auto_free char *home = passwd_look_up(user ? user->uid : 0, PASSWD_HOME);

		init->env[n++] = xasprintf("HOME=%s", home && home[0] == '/' ? home : "/");
	}
	if (listen_fds) {
		const char *names = getenv("LISTEN_FDNAMES");

		put(init->env, &n, xasprintf("LISTEN_FDS=%u", listen_fds));
		put(init->env, &n, xasprintf("LISTEN_PID=%d", getpid()));
		if (names)
			put(init->env, &n, xasprintf("LISTEN_FDNAMES=%s", names));
	}
	return 0;
}

static int hand_over(void *context, int listener, struct error *err)
{
	return init_ask(context, SYNC_LISTENER, 0, listener, err);
}

int seccomp_step(struct init *init, struct error *err)
{
	const struct seccomp_program *filter = &init->container->filter;

	if (seccomp_notifies(filter))
		return seccomp_apply_notifying(filter, hand_over, init, err);
	return seccomp_apply(filter, err);
}

/* CVE-2024-21626: a directory outside the root, reached by a descriptor that was left open, has
 * no path from here. */
static int check_inside(const char *cwd, struct error *err)
{
	auto_free char *path = getcwd(NULL, 0);

	if (path && path[0] == '/')
		return 0;
	return fail_at(err, EPERM, "process.cwd", "'%s' is outside the container's root", cwd);
}

/* As root where root may: an image's directory need not be open to its user.  Where root may not
 * (a file system of another host, a user namespace), the user is asked later. */
int cwd_step(struct init *init, struct error *err)
{
	const char *cwd = init->process->cwd;

	if (chdir(cwd) < 0) {
		if (errno == EACCES)
			return 0;
		return fail_at(err, errno, "process.cwd", "enter '%s': %s", cwd, strerror(errno));
	}
	init->has_cwd = true;
	return check_inside(cwd, err);
}

int late_cwd_step(struct init *init, struct error *err)
{
	const char *cwd = init->process->cwd;

	if (chdir(cwd) < 0)
		return fail_at(err, errno, "process.cwd", "enter '%s': %s", cwd, strerror(errno));
	return check_inside(cwd, err);
}

/* Programs open /dev/stdout anew, as their own user; what cannot be given stays as it is. */
static void give_stdio(uid_t uid)
{
	for (int fd = 0; fd < 3; fd++) {
		struct stat st;

		if (fstat(fd, &st) < 0 || st.st_uid == uid || S_ISCHR(st.st_mode))
			continue;
		if (fchown(fd, uid, (gid_t) -1) < 0)
			log_debug("init: descriptor %d stays user %u's", fd, st.st_uid);
	}
}

int privileges_step(struct init *init, struct error *err)
{
	struct oci_user as_it_is;
	const struct capability_sets *sets = &init->container->capabilities;
	const struct oci_user *user = init->process->user;
	int r;

	r = capabilities_bound_apply(sets, err);
	if (r < 0)
		return r;
	if (user && user->uid)
		give_stdio(user->uid);
	if (init->keeps_groups && user) {
		as_it_is = *user;
		as_it_is.additional_gids.n = 0;
		user = &as_it_is;
	}
	r = user_apply(user, init->can_setgroups && !init->keeps_groups, err);
	if (r < 0)
		return r;
	/* the change of user forgot it */
	r = init_tie_to_host(err);
	if (r < 0)
		return r;
	r = capabilities_apply(sets, err);
	if (r < 0)
		return r;
	return init->process->no_new_privileges ? no_new_privs_apply(err) : 0;
}

int find_program_step(struct init *init, struct error *err)
{
	return program_find(init->process->args.items[0], init->env, &init->program, err);
}
