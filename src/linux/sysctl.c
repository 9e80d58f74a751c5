/* sysctl.c - see sysctl.h */
#include "linux/sysctl.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "linux/namespaces.h"
#include "linux/procfs.h"

struct owner {
	const char *path; /* below /proc/sys; with a '/' at its end: all below it */
	uint64_t namespace;
};

/* The parameters that are not the whole machine's, and the namespace that each belongs to. */
/* clang-format off */
static const struct owner owners[] = {
	{ "net/",                   CLONE_NEWNET },
	{ "fs/mqueue/",             CLONE_NEWIPC },
	{ "kernel/msg_next_id",     CLONE_NEWIPC },
	{ "kernel/msgmax",          CLONE_NEWIPC },
	{ "kernel/msgmnb",          CLONE_NEWIPC },
	{ "kernel/msgmni",          CLONE_NEWIPC },
	{ "kernel/sem",             CLONE_NEWIPC },
	{ "kernel/sem_next_id",     CLONE_NEWIPC },
	{ "kernel/shm_next_id",     CLONE_NEWIPC },
	{ "kernel/shm_rmid_forced", CLONE_NEWIPC },
	{ "kernel/shmall",          CLONE_NEWIPC },
	{ "kernel/shmmax",          CLONE_NEWIPC },
	{ "kernel/shmmni",          CLONE_NEWIPC },
	{ "kernel/domainname",      CLONE_NEWUTS },
	{ "kernel/hostname",        CLONE_NEWUTS },
	{ "user/",                  CLONE_NEWUSER },
};
/* clang-format on */

/* "a.b/c" is "a/b.c", and "a/b.c" is itself. */
static char *path_of(const char *key)
{
	char *path = xstrdup(key);
	const char *first = strpbrk(key, "./");

	if (first && *first == '.')
		for (char *c = path; *c; c++)
			*c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
	return path;
}

/* No component is empty, "." or "..". */
static bool is_plain(const char *path)
{
	for (const char *part = path;; part++) {
		size_t len = strcspn(part, "/");

		if (len == 0 || strncmp(part, ".", len) == 0 || strncmp(part, "..", len) == 0)
			return false;
		part += len;
		if (!*part)
			return true;
	}
}

static const struct owner *find_owner(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(owners); i++) {
		size_t len = strlen(owners[i].path);
		bool is_directory = owners[i].path[len - 1] == '/';

		if (is_directory ? strncmp(path, owners[i].path, len) == 0
				 : strcmp(path, owners[i].path) == 0)
			return &owners[i];
	}
	return NULL;
}

static int check_key(const char *key, uint64_t own_namespaces, bool has_hostname,
		     bool has_domainname, struct error *err)
{
	auto_free char *path = path_of(key);
	const struct owner *owner = find_owner(path);

	if (!is_plain(path))
		return fail_at(err, EINVAL, "linux.sysctl", "'%s' is no parameter's name", key);
	if (!owner)
		return fail_at(err, EINVAL, "linux.sysctl",
			       "'%s' belongs to no namespace: it would change the host", key);
	if (!(owner->namespace & own_namespaces))
		return fail_at(err, EINVAL, "linux.sysctl",
			       "'%s' would change the host: the container has no %s namespace of "
			       "its own",
			       key, namespace_name(owner->namespace));
	if (has_hostname && strcmp(path, "kernel/hostname") == 0)
		return fail_at(err, EINVAL, "linux.sysctl", "'%s' is set by 'hostname' already",
			       key);
	if (has_domainname && strcmp(path, "kernel/domainname") == 0)
		return fail_at(err, EINVAL, "linux.sysctl", "'%s' is set by 'domainname' already",
			       key);
	return 0;
}

int sysctl_check(const struct oci_string_map *sysctl, uint64_t own_namespaces, bool has_hostname,
		 bool has_domainname, struct error *err)
{
	for (size_t i = 0; i < sysctl->n; i++) {
		int r = check_key(sysctl->items[i].name, own_namespaces, has_hostname,
				  has_domainname, err);

		if (r < 0)
			return r;
	}
	return 0;
}

int sysctl_apply(int procfs_fd, const struct oci_string_map *sysctl, struct error *err)
{
	for (size_t i = 0; i < sysctl->n; i++) {
		const struct oci_pair *pair = &sysctl->items[i];
		auto_free char *path = path_of(pair->name);
		auto_free char *full = xasprintf("sys/%s", path);
		int r = procfs_write(procfs_fd, full, pair->value, err);

		if (r < 0) {
			fail_in(err, "set the kernel parameter '%s'", pair->name);
			return fail_place(err, "linux.sysctl");
		}
	}
	return 0;
}
