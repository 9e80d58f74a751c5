/* user.c - see user.h */
#include "linux/user.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEFAULT_UMASK 0022

/* The process's own group it has in any case: engines list that too, from the image's /etc/group. */
static int refuse_groups(const struct oci_user *user, struct error *err)
{
	for (size_t i = 0; user && i < user->additional_gids.n; i++)
		if (user->additional_gids.items[i] != user->gid)
			return fail_at(err, EPERM, "process.user.additionalGids",
				       "the user namespace denies setgroups(2)");
	return 0;
}

/* The raw system calls change this thread, the only one; the C library's would look for others. */
static int set_groups(const struct oci_user *user, bool can_setgroups, struct error *err)
{
	const struct oci_u32s *groups = user ? &user->additional_gids : NULL;
	const size_t n = groups ? groups->n : 0;

	if (!can_setgroups)
		return refuse_groups(user, err);
	if (syscall(SYS_setgroups, n, n ? groups->items : NULL) == 0)
		return 0;
	if (errno == EINVAL && n > NGROUPS_MAX)
		return fail_at(err, EINVAL, "process.user.additionalGids",
			       "they are %zu, and the kernel takes %d", n, NGROUPS_MAX);
	if (errno == EINVAL && n)
		return fail_at(err, EINVAL, "process.user.additionalGids",
			       "the user namespace does not map all of them");
	return fail_errno(err, "set %zu additional groups", n);
}

/* errno, after an attempt to become the user or group `id` */
static int fail_become(const char *what, const char *where, unsigned int id, struct error *err)
{
	if (errno == EINVAL)
		return fail_at(err, EINVAL, where, "the user namespace does not map the %s %u",
			       what, id);
	return fail_errno(err, "become %s %u", what, id);
}

int user_apply(const struct oci_user *user, bool can_setgroups, struct error *err)
{
	uid_t uid = user ? user->uid : 0;
	gid_t gid = user ? user->gid : 0;
	int r;

	r = set_groups(user, can_setgroups, err);
	if (r < 0)
		return r;
	if (syscall(SYS_setresgid, gid, gid, gid) < 0)
		return fail_become("group", "process.user.gid", gid, err);
	if (syscall(SYS_setresuid, uid, uid, uid) < 0)
		return fail_become("user", "process.user.uid", uid, err);
	umask(user && user->umask.is_set ? user->umask.value & 0777 : DEFAULT_UMASK);
	return 0;
}

int no_new_privs_apply(struct error *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail_errno(err, "forbid new privileges");
	return 0;
}
