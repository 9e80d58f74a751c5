/* controllers.c - see controllers.h */
#include "cgroup/controllers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

/* clang-format off */
static const char *const names[CONTROLLER_COUNT] = {
	[CONTROLLER_CPU] = "cpu",         [CONTROLLER_CPUSET] = "cpuset",
	[CONTROLLER_IO] = "io",           [CONTROLLER_MEMORY] = "memory",
	[CONTROLLER_PIDS] = "pids",       [CONTROLLER_HUGETLB] = "hugetlb",
	[CONTROLLER_RDMA] = "rdma",       [CONTROLLER_MISC] = "misc",
	[CONTROLLER_DMEM] = "dmem",
};
/* clang-format on */

/* Holds every name with a sign and a space, and cgroup.controllers of any kernel. */
#define LIST_SIZE 256

const char *controller_name(enum controller controller)
{
	return names[controller];
}

static enum controller find(const char *name, size_t len)
{
	for (enum controller c = 0; c < CONTROLLER_COUNT; c++)
		if (strlen(names[c]) == len && memcmp(names[c], name, len) == 0)
			return c;
	return CONTROLLER_NONE;
}

enum controller controller_of_file(const char *file)
{
	return find(file, str_until(file, '.'));
}

int controllers_read(int dirfd, const char *file, unsigned int *ret_set)
{
	char list[LIST_SIZE];
	ssize_t len = file_peek(dirfd, file, list, sizeof(list));

	if (len < 0)
		return (int) len;
	*ret_set = 0;
	for (const char *p = list; *p; p += *p == ' ') {
		size_t n = str_until(p, ' ');
		enum controller c = find(p, n);

		if (c != CONTROLLER_NONE)
			*ret_set |= CONTROLLER_BIT(c);
		p += n;
	}
	return 0;
}

static int enable(int dirfd, unsigned int set)
{
	char list[LIST_SIZE];
	size_t len = 0;

	for (enum controller c = 0; c < CONTROLLER_COUNT; c++)
		if (set & CONTROLLER_BIT(c))
			len += (size_t) snprintf(list + len, sizeof(list) - len, "%s+%s",
						 len > 0 ? " " : "", names[c]);
	return file_put(dirfd, "cgroup.subtree_control", list);
}

unsigned int controllers_enable(int dirfd, unsigned int set, int *ret_refusal)
{
	unsigned int enabled = 0;
	int all = set == 0 ? 0 : enable(dirfd, set);

	*ret_refusal = all == -EBUSY ? EBUSY : 0;
	if (all == 0 || all == -EBUSY)
		return all == 0 ? set : 0;
	for (enum controller c = 0; c < CONTROLLER_COUNT; c++) {
		int rc;

		if (!(set & CONTROLLER_BIT(c)))
			continue;
		rc = enable(dirfd, CONTROLLER_BIT(c));
		if (rc == 0)
			enabled |= CONTROLLER_BIT(c);
		else if (*ret_refusal == 0)
			*ret_refusal = -rc;
	}
	return enabled;
}
