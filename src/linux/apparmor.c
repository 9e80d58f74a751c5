/* apparmor.c - see apparmor.h */
#include "linux/apparmor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "linux/procfs.h"

#define WHERE "process.apparmorProfile"

int apparmor_check(const char *profile, struct error *err)
{
	char enabled[8];

	if (!profile || !*profile)
		return 0;
	if (file_peek(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", enabled,
		      sizeof(enabled)) <= 0 ||
	    enabled[0] != 'Y')
		return fail_at(err, ENOTSUP, WHERE,
			       "'%s' cannot confine the container: AppArmor is not enabled",
			       profile);
	return 0;
}

/* Before Linux 5.8 AppArmor had no directory of its own. */
static int write_exec(int procfs_fd, const char *value, struct error *err)
{
	int r = procfs_write_self(procfs_fd, "attr/apparmor/exec", value, err);

	return r == -ENOENT ? procfs_write_self(procfs_fd, "attr/exec", value, err) : r;
}

/* A profile may be loaded and confine nothing: "NAME (unconfined)". */
static bool is_confined(int procfs_fd)
{
	char current[512];
	const char *mode;
	struct error ignored;

	if (procfs_peek_self(procfs_fd, "attr/apparmor/current", current, sizeof(current),
			     &ignored) < 0 &&
	    procfs_peek_self(procfs_fd, "attr/current", current, sizeof(current), &ignored) < 0)
		return false;
	current[strcspn(current, "\n")] = '\0';
	mode = strrchr(current, '(');
	return strcmp(mode ? mode : current, mode ? "(unconfined)" : "unconfined") != 0;
}

int apparmor_apply(int procfs_fd, const char *profile, struct error *err)
{
	auto_free char *value = NULL;
	int r;

	if (!profile || !*profile)
		return 0;
	value = xasprintf("%s %s", is_confined(procfs_fd) ? "stack" : "exec", profile);
	r = write_exec(procfs_fd, value, err);
	if (r == -ENOENT)
		return fail_at(err, ENOENT, WHERE, "no profile '%s' is loaded", profile);
	return r < 0 ? fail_in(err, WHERE ": confine the container by '%s'", profile) : 0;
}
