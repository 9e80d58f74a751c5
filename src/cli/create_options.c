/* create_options.c - see create_options.h */
#include "cli/create_options.h"

#include <errno.h>
#include <unistd.h>

#include "base/log.h"
#include "cgroup/systemd.h"

/* The log took the lowest number that was free: below the end of what is to be preserved, the
 * caller has not opened that many. */
int preserved_fds_check(unsigned int n, struct error *err)
{
	int first_own = log_fd();

	if (first_own <= STDERR_FILENO || (unsigned int) first_own >= n + STDERR_FILENO + 1)
		return 0;
	return fail_as(err, ERROR_USAGE, EBADF,
		       "option '--preserve-fds': %d is not open, and %u from 3 on are to be kept",
		       first_own, n);
}

int create_options_complete(const struct invocation *invocation, struct create_options *ret,
			    struct error *err)
{
	*ret = *(const struct create_options *) invocation->options;
	ret->root = invocation->global->root;
	ret->id = invocation->arguments[0];
	ret->cgroup_manager = invocation->global->cgroup_manager;
	if (ret->cgroup_manager == CGROUP_MANAGER_SYSTEMD && !systemd_is_built_in())
		return fail_as(err, ERROR_USAGE, ENOTSUP,
			       "the systemd cgroup manager is not in this build: "
			       "use --cgroup-manager cgroupfs or disabled");
	return preserved_fds_check(ret->preserve_fds, err);
}
