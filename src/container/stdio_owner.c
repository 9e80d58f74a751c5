/* stdio_owner.c - see stdio_owner.h */
#include "container/stdio_owner.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "linux/idmap.h"

void stdio_give(const struct container *container, pid_t pid)
{
	const struct oci_process *process = container_process(container);
	bool is_known = false;
	uid_t owner = 0;

	for (int fd = 0; fd < 3 && !process->terminal; fd++) {
		struct stat st;

		if (fstat(fd, &st) < 0 || !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
			continue;
		if (!is_known &&
		    !idmap_user_on_host(pid, process->user ? process->user->uid : 0, &owner))
			return;
		is_known = true;
		if (st.st_uid != owner && fchown(fd, owner, (gid_t) -1) < 0)
			log_debug("host: descriptor %d stays user %u's", fd, st.st_uid);
	}
}
