/* mount_link.c - see mount_link.h */
#include "linux/mount_link.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "linux/inroot.h"

/* errno stays EEXIST when it is another file. */
static bool is_link_to(int dir_fd, const char *name, const char *link, size_t len)
{
	char now[PATH_MAX];
	ssize_t n = readlinkat(dir_fd, name, now, sizeof(now));

	if (n < 0)
		errno = EEXIST;
	return n == (ssize_t) len && memcmp(now, link, len) == 0;
}

int mount_link_copy(int dir_fd, const char *source, int root_fd, const char *path,
		    struct error *err)
{
	char link[PATH_MAX];
	ssize_t n = readlinkat(dir_fd, source, link, sizeof(link) - 1);
	auto_fd parent_fd = -1;
	const char *name;

	if (n < 0)
		return 0;
	link[n] = '\0';
	if (inroot_make_parent(root_fd, path, &parent_fd, &name, err) < 0)
		return -err->code;
	if (symlinkat(link, parent_fd, name) == 0 ||
	    (errno == EEXIST && is_link_to(parent_fd, name, link, (size_t) n)))
		return 1;
	return fail_errno(err, "make the link '%s' in the root", path);
}
