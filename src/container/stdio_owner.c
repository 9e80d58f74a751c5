/* stdio_owner.c - see stdio_owner.h */
#include "container/stdio_owner.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

#define MAP_SIZE 16384

bool user_on_host(pid_t pid, uint32_t uid, uid_t *ret)
{
	char path[32], map[MAP_SIZE];
	unsigned int inside, outside, count;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	if (file_peek(AT_FDCWD, path, map, sizeof(map)) <= 0)
		return false;
	for (const char *line = map; line; line = strchr(line + 1, '\n')) {
		if (sscanf(line, "%u %u %u", &inside, &outside, &count) != 3 || uid < inside ||
		    uid - inside >= count)
			continue;
		*ret = outside + (uid - inside);
		return true;
	}
	return false;
}

void stdio_give(const struct container *container, pid_t pid)
{
	const struct oci_process *process = container_process(container);
	bool is_known = false;
	uid_t owner = 0;

	for (int fd = 0; fd < 3 && !process->terminal; fd++) {
		struct stat st;

		if (fstat(fd, &st) < 0 || !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
			continue;
		if (!is_known && !user_on_host(pid, process->user ? process->user->uid : 0, &owner))
			return;
		is_known = true;
		if (st.st_uid != owner && fchown(fd, owner, (gid_t) -1) < 0)
			log_debug("host: descriptor %d stays user %u's", fd, st.st_uid);
	}
}
