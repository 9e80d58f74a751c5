/* criu_container.c - descriptors and namespaces that lead out of a container
 *
 * See criu_container.h; its mounts are in criu_mounts.c. */
#include "container/criu_container.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "container/criu_request.h"

#define STANDARD_FDS 3
#define DESCRIPTORS_MAX 4096
#define MOUNTINFO_MAX (16 * 1024 * 1024)
#define TTY_DRIVERS "/proc/tty/drivers"
#define TTY_DRIVERS_MAX (64 * 1024)

static int put_namespace(CriuOpts *opts, pid_t pid, const char *kind, const char *key,
			 struct error *err)
{
	auto_free char *path = xasprintf("/proc/%d/ns/%s", (int) pid, kind);
	auto_free char *external = NULL;
	struct stat st;

	if (stat(path, &st) < 0)
		return fail_errno(err, "look at '%s'", path);
	external = xasprintf("%s[%" PRIuMAX "]:%s", kind, (uintmax_t) st.st_ino, key);
	criu_opts_add_external(opts, external);
	return 0;
}

int criu_put_namespaces(CriuOpts *opts, pid_t pid, const struct oci_config *config,
			struct error *err)
{
	for (size_t i = 0; config->linux && i < config->linux->namespaces.n; i++) {
		const struct oci_namespace *namespace = &config->linux->namespaces.items[i];
		int r = 0;

		if (!namespace->path || !*namespace->path)
			continue;
		if (str_equal(namespace->type, "network"))
			r = put_namespace(opts, pid, "net", CRIU_NETWORK, err);
		else if (str_equal(namespace->type, "pid"))
			r = put_namespace(opts, pid, "pid", CRIU_PIDS, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool has_mount(const char *mountinfo, unsigned int id)
{
	auto_free char *first = xasprintf("%u ", id);
	auto_free char *later = xasprintf("\n%u ", id);

	return str_after(mountinfo, first) || strstr(mountinfo, later);
}

static int read_text(pid_t pid, const char *name, char **ret_text, struct error *err)
{
	auto_free char *path = xasprintf("/proc/%d/%s", (int) pid, name);
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail_errno(err, "open '%s'", path);
	return file_read_fd(fd, path, MOUNTINFO_MAX, ret_text, NULL, err);
}

/* The mount that descriptor fd of pid was opened on, if that is none of the container's: it was
 * handed in.  Otherwise 0. */
static unsigned int outside_mount(pid_t pid, int fd, const char *mountinfo)
{
	auto_free char *info = NULL, *name = xasprintf("fdinfo/%d", fd);
	struct error ignored;
	unsigned int id;
	const char *line;

	if (read_text(pid, name, &info, &ignored) < 0)
		return 0;
	line = strstr(info, "mnt_id:");
	id = line ? (unsigned int) strtoul(line + strlen("mnt_id:"), NULL, 10) : 0;
	return has_mount(mountinfo, id) ? 0 : id;
}

/* A file that was opened outside. */
static char *name_file(pid_t pid, int fd, const char *path, const char *mountinfo)
{
	unsigned int id = outside_mount(pid, fd, mountinfo);
	struct stat st;

	if (id == 0 || stat(path, &st) < 0)
		return NULL;
	return xasprintf("file[%x:%" PRIxMAX "]", id, (uintmax_t) st.st_ino);
}

/* "NAME DEVICE MAJOR MINOR[-LAST] TYPE" of /proc/tty/drivers */
static bool drives(const char *line, dev_t device)
{
	unsigned int number, first, last;
	int n = sscanf(line, "%*s %*s %u %u-%u", &number, &first, &last);

	return n >= 2 && number == major(device) && minor(device) >= first &&
	       minor(device) <= (n == 3 ? last : first);
}

/* By its numbers: which device it is was the container's choice, and one that its rules forbid it to open
 * must not be opened for it (a watchdog, a tape). */
static bool is_terminal(const char *path)
{
	auto_fd fd = open(TTY_DRIVERS, O_RDONLY | O_CLOEXEC);
	auto_free char *drivers = NULL;
	struct error ignored;
	struct stat st;
	char *rest;

	if (fd < 0 || stat(path, &st) < 0 || !S_ISCHR(st.st_mode) ||
	    file_read_fd(fd, TTY_DRIVERS, TTY_DRIVERS_MAX, &drivers, NULL, &ignored) < 0)
		return false;
	rest = drivers;
	for (const char *line; (line = strsep(&rest, "\n"));)
		if (drives(line, st.st_rdev))
			return true;
	return false;
}

/* criu's name for what descriptor fd of pid is; NULL: nothing that leads outside. */
static char *name_descriptor(pid_t pid, int fd, const char *mountinfo, CriuOpts *opts)
{
	auto_free char *path = xasprintf("/proc/%d/fd/%d", (int) pid, fd);
	char target[256];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	char *name;

	if (n < 0)
		return NULL;
	target[n] = '\0';
	if (str_after(target, "pipe:["))
		return xstrdup(target);
	/* a terminal of the host's criu finds by itself, with --shell-job */
	if (target[0] != '/' || (str_after(target, "/dev/") && is_terminal(path)))
		return NULL;
	name = name_file(pid, fd, path, mountinfo);
	if (name)
		criu_opts_add_external(opts, name);
	return name;
}

int criu_put_descriptors(CriuOpts *opts, pid_t pid, int images, struct error *err)
{
	auto_free char *mountinfo = NULL;
	auto_str names = { 0 };
	int r = read_text(pid, "mountinfo", &mountinfo, err);

	for (int fd = 0; r == 0 && fd < STANDARD_FDS; fd++) {
		auto_free char *name = name_descriptor(pid, fd, mountinfo, opts);

		str_printf(&names, "%s\n", name ? name : "");
	}
	return r < 0 ? r : file_replace(images, CRIU_DESCRIPTORS, names.data, names.len, 0600, err);
}

int criu_find_host_terminal(pid_t pid)
{
	auto_free char *mountinfo = NULL;
	struct error ignored;

	if (read_text(pid, "mountinfo", &mountinfo, &ignored) < 0)
		return -1;
	for (int fd = 0; fd < STANDARD_FDS; fd++) {
		auto_free char *path = xasprintf("/proc/%d/fd/%d", (int) pid, fd);

		if (outside_mount(pid, fd, mountinfo) != 0 && is_terminal(path))
			return fd;
	}
	return -1;
}

int criu_put_own_descriptors(CriuOpts *opts, int images, struct error *err)
{
	auto_free char *names = NULL;
	char *rest;
	int r = file_read(images, CRIU_DESCRIPTORS, DESCRIPTORS_MAX, &names, NULL, err);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	rest = names;
	for (int fd = 0; fd < STANDARD_FDS; fd++) {
		const char *name = strsep(&rest, "\n");

		if (name && *name)
			criu_opts_add_inherited(opts, name, fd);
	}
	return 0;
}
