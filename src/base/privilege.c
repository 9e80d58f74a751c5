/* privilege.c - see privilege.h */
#include "base/privilege.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"

bool is_unprivileged(void)
{
	char map[64];
	unsigned long inside, outside, count;

	if (geteuid() != 0)
		return true;
	return file_peek(AT_FDCWD, "/proc/self/uid_map", map, sizeof(map)) > 0 &&
	       (sscanf(map, "%lu %lu %lu", &inside, &outside, &count) != 3 || inside != 0 ||
		outside != 0 || count != UINT32_MAX);
}
