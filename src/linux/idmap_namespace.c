/* idmap_namespace.c - see idmap_namespace.h */
#include "linux/idmap_namespace.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/process.h"
#include "linux/clone.h"
#include "linux/idmap.h"

/* A namespace needs a first process, until it has its maps and we a descriptor.  If we died before it had asked to
 * be killed with us, it has another parent by then. */
static pid_t clone_holder(void)
{
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	pid_t ours = getpid();
	pid_t pid = clone_copying(&args);

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == ours)
		pause();
	_exit(1);
}

int idmap_namespace_open(const struct oci_id_mapping *uids, size_t n_uids,
			 const struct oci_id_mapping *gids, size_t n_gids, int *ret_fd,
			 struct error *err)
{
	auto_child holder = CHILD_NONE;
	char path[64];
	pid_t pid;

	pid = clone_holder();
	if (pid < 0)
		return fail(err, -pid, "make a user namespace: %s", strerror(-pid));
	holder.pid = pid;
	if (idmap_write(pid, uids, n_uids, gids, n_gids, NULL, err) < 0)
		return -err->code;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	return *ret_fd < 0 ? fail_errno(err, "open the user namespace of process %d", pid) : 0;
}
