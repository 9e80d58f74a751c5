/* cleanup.c - see cleanup.h */
#include "base/cleanup.h"

#include <errno.h>

void cleanup_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}
