/* apparmor.c - process.apparmorProfile */
#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "linux/apparmor.h"
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

int apparmor_apply(int procfs_fd, const char *profile, struct error *err)
{
	auto_free char *value = NULL;
	int r;

	if (!profile || !*profile)
		return 0;
	value = xasprintf("exec %s", profile);
	r = procfs_write_self(procfs_fd, "attr/apparmor/exec", value, err);
	if (r == -ENOENT) /* before Linux 5.8 AppArmor had no directory of its own */
		r = procfs_write_self(procfs_fd, "attr/exec", value, err);
	return r < 0 ? fail_in(err, WHERE ": confine the container by '%s'", profile) : 0;
}
