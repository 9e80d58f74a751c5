/* exe_seal.c - see exe_seal.h */
#include "linux/exe_seal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "linux/exe_entry.h"
#include "linux/exe_remap.h"
#include "linux/prefault.h"

#define SELF "/proc/self/exe"
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define COMMAND_LINE_MAX (8 << 20)
#define HEAP_USED (24 << 10) /* by a run with a short configuration */

#ifndef MFD_EXEC
#define MFD_EXEC 0x10u
#endif

extern char **environ;

/* Opens the program on a read-only mount of its own; returns the descriptor or -errno.
 *
 * The mount must not outlive this function: while its descriptor is open, a process with
 * CAP_SYS_ADMIN in its own namespaces that gets at the file (by /proc/self/exe) could make the
 * mount writable again.  A mount that was let go answers EINVAL to every change. */
static int open_by_readonly_mount(void)
{
	struct mount_attr readonly = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID };
	char path[64];
	int fd;

	auto_fd tree =
		(int) syscall(SYS_open_tree, AT_FDCWD, SELF, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return -errno;
	if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &readonly, sizeof(readonly)) < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", tree);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Whether this is what reexec() started: a mount that cannot be cloned since it is in no mount
 * namespace, and is read-only; or a sealed copy. */
static bool is_sealed(int clone_error)
{
	struct statvfs fs;
	int seals;

	if (clone_error == EINVAL && statvfs(SELF, &fs) == 0 && (fs.f_flag & ST_RDONLY))
		return true;
	auto_fd fd = open(SELF, O_RDONLY | O_CLOEXEC);
	seals = fd < 0 ? -1 : fcntl(fd, F_GET_SEALS);
	return seals >= 0 && (seals & SEALS) == SEALS;
}

/* A container of this caller has at most the caller's rights to the file: what he neither owns
 * (an owner can change the mode) nor may write, it cannot write either. */
static bool is_safe_from_caller(void)
{
	struct stat st;

	return geteuid() != 0 && stat(SELF, &st) == 0 && st.st_uid != geteuid() &&
	       faccessat(AT_FDCWD, SELF, W_OK, AT_EACCESS) < 0 && errno == EACCES;
}

static int copy_to_memory(int *ret_fd, struct error *err)
{
	struct stat st;
	off_t done = 0;

	auto_fd program = open(SELF, O_RDONLY | O_CLOEXEC);
	if (program < 0 || fstat(program, &st) < 0)
		return fail_errno(err, "open the runtime's own program '%s'", SELF);
	auto_fd copy = memfd_create("coracle", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	if (copy < 0 && errno == EINVAL) /* before Linux 6.3 all are executable */
		copy = memfd_create("coracle", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (copy < 0)
		return fail_errno(err, "make a file in memory for the runtime's program");
	while (done < st.st_size) {
		ssize_t n = sendfile(copy, program, &done, (size_t) (st.st_size - done));

		if (n < 0)
			return fail_errno(err, "copy the runtime's program to memory");
		if (n == 0)
			return fail(err, EIO, "the runtime's program shrinks while it is copied");
	}
	if (fcntl(copy, F_ADD_SEALS, SEALS) < 0)
		return fail_errno(err, "seal the copy of the runtime's program");
	*ret_fd = TAKE_FD(copy);
	return 0;
}

/* Executes fd with our own arguments and environment; returns only on failure. */
static int reexec(int fd, struct error *err)
{
	auto_free char *line = NULL;
	auto_free char **argv = NULL;
	size_t len, n = 0;
	int r;

	auto_fd file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return fail_errno(err, "open '/proc/self/cmdline'");
	r = file_read_fd(file, "/proc/self/cmdline", COMMAND_LINE_MAX, &line, &len, err);
	if (r < 0)
		return r;
	argv = xcalloc(len + 1, sizeof(*argv));
	for (char *arg = line; arg < line + len; arg += strlen(arg) + 1)
		argv[n++] = arg;
	log_debug("host: execute a read-only copy of the runtime's program");
	syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
	return fail_errno(err, "execute a read-only copy of the runtime's program");
}

int exe_seal(struct error *err)
{
	struct prctl_mm_map map;
	int r;

	prefault_heap(HEAP_USED);
	if (exe_entry_has_sealed())
		return 0;
	auto_fd fd = open_by_readonly_mount();
	if (fd >= 0)
		return exe_remap_plan(&map) ? exe_remap_apply(fd, &map, err) : reexec(fd, err);
	if (is_sealed(-fd) || is_safe_from_caller())
		return 0;
	r = copy_to_memory(&fd, err);
	return r < 0 ? r : reexec(fd, err);
}
