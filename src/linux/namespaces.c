/* namespaces.c - see namespaces.h */
#include "linux/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/* By row: names[i] is the type flags[i], and files[i] its name in /proc/PID/ns. */
static const char *const names[] = { "cgroup", "ipc",  "mount", "network", "pid",
				     "time",   "user", "uts",	NULL };
static const char *const files[] = { "cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts" };
static const uint64_t flags[] = { CLONE_NEWCGROUP, CLONE_NEWIPC,  CLONE_NEWNS,	 CLONE_NEWNET,
				  CLONE_NEWPID,	   CLONE_NEWTIME, CLONE_NEWUSER, CLONE_NEWUTS };

_Static_assert(ARRAY_SIZE(names) == ARRAY_SIZE(flags) + 1, "one flag a name, and the NULL");

uint64_t namespace_flag(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (str_equal(names[i], type))
			return flags[i];
	return 0;
}

const char *namespace_name(uint64_t flag)
{
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i] == flag)
			return names[i];
	return NULL;
}

const char *const *namespace_names(void)
{
	return names;
}

int namespace_open(const char *path, uint64_t flag, const char *where, int *ret_fd,
		   struct error *err)
{
	struct statfs fs;
	int type;

	if (path[0] != '/')
		return fail_at(err, EINVAL, where, "'%s' is not an absolute path", path);
	/* O_NONBLOCK: the path may be a fifo, which must be refused and not waited for. */
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		int code = errno;

		return fail_at(err, code, where, "open the %s namespace '%s': %s",
			       namespace_name(flag), path, strerror(code));
	}
	if (fstatfs(fd, &fs) < 0)
		return fail_errno(err, "examine the file system of '%s'", path);
	if (fs.f_type != NSFS_MAGIC)
		return fail_at(err, EINVAL, where, "'%s' is not a namespace", path);
	type = ioctl(fd, NS_GET_NSTYPE);
	if (type < 0)
		return fail_errno(err, "ask for the type of the namespace '%s'", path);
	if ((uint64_t) type != flag) {
		const char *found = namespace_name((uint64_t) type);

		return fail_at(err, EINVAL, where, "'%s' is a %s namespace, not a %s namespace",
			       path, found ? found : "different", namespace_name(flag));
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* NULL for a flag that is no namespace's. */
static const char *file_of(uint64_t flag)
{
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i] == flag)
			return files[i];
	return NULL;
}

int namespace_open_own(int procfs_fd, uint64_t flag, int *ret_fd, struct error *err)
{
	const char *file = file_of(flag);
	char path[sizeof("self/ns/") + 16];

	if (!file)
		return fail(err, EINVAL, "0x%" PRIx64 " is no namespace's flag", flag);
	snprintf(path, sizeof(path), "self/ns/%s", file);
	*ret_fd = openat(procfs_fd, path, O_RDONLY | O_CLOEXEC);
	if (*ret_fd < 0 && errno != ENOENT)
		return fail_errno(err, "open the %s namespace", namespace_name(flag));
	return 0;
}

bool namespace_is_own(int fd, uint64_t flag)
{
	char path[sizeof("/proc/self/ns/") + 16];
	const char *file = file_of(flag);
	struct stat theirs, ours;

	if (!file)
		return false;
	snprintf(path, sizeof(path), "/proc/self/ns/%s", file);
	return fstat(fd, &theirs) == 0 && stat(path, &ours) == 0 && file_is_same(&theirs, &ours);
}

int namespace_join(int fd, uint64_t flag, struct error *err)
{
	const char *name = namespace_name(flag);
	long long us = log_elapsed_us();

	if (setns(fd, (int) flag) == 0) {
		if (flag & CLONE_NEWTIME)
			log_elapsed_from(us);
		return 0;
	}
	return name ? fail_errno(err, "join the %s namespace", name)
		    : fail_errno(err, "join the namespaces");
}

int namespaces_differ(pid_t pid, uint64_t known, uint64_t *ret, struct error *err)
{
	uint64_t found = known;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		struct stat theirs, ours;
		char path[64];

		if (known & flags[i])
			continue;
		snprintf(path, sizeof(path), "/proc/self/ns/%s", files[i]);
		if (stat(path, &ours) < 0)
			continue; /* the kernel has no such namespaces */
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, files[i]);
		if (stat(path, &theirs) < 0)
			return fail_errno(err, "look at the %s namespace of process %d", names[i],
					  pid);
		if (!file_is_same(&theirs, &ours))
			found |= flags[i];
	}
	*ret = found;
	return 0;
}

int namespace_owner_is_current(int fd)
{
	struct stat own, owner;

	auto_fd owner_fd = ioctl(fd, NS_GET_USERNS);
	if (owner_fd < 0)
		/* EPERM: the owner is not our user namespace nor below it. */
		return errno == EPERM ? 0 : -errno;
	if (fstat(owner_fd, &owner) < 0 || stat("/proc/self/ns/user", &own) < 0)
		return -errno;
	return file_is_same(&own, &owner);
}
