/* exe_seal.h - no container ever writes to the runtime's own executable (CVE-2019-5736)
 *
 * Init runs coracle's program until it executes the container's.  A container that makes it
 * execute /proc/self/exe (as its args[0], a #! line, an ELF interpreter) would get the host's
 * file, and as the host's root could open it for writing.  So before the container's files can
 * matter, init's executable becomes the same file on a mount that is read-only, belongs to no
 * mount namespace, and so can be changed by nobody:
 *
 *   host    exe_seal_open    open_tree(2) clones the mount of the file alone, mount_setattr(2)
 *                            makes it read-only, the file is opened through it, and the mount
 *                            is let go: only the open file still holds it.
 *   inside  exe_seal_apply   maps the program's segments over themselves from that file, then
 *                            prctl(PR_SET_MM_MAP) makes it what /proc/self/exe refers to.
 *
 * Nothing is copied but the program's few writable pages, nothing is mounted on the host, and
 * nothing is executed a second time.  Where that cannot be done, exe_seal_open() executes the
 * program once more, from the read-only mount, or last from a sealed copy in memory. */
#ifndef LINUX_EXE_SEAL_H
#define LINUX_EXE_SEAL_H

#include <sys/prctl.h>

#include "base/error.h"

struct exe_seal {
	int fd;				/* the program by its read-only mount; -1: nothing to do */
	struct prctl_mm_map map;	/* the address space as the kernel describes it */
};

#define EXE_SEAL_NONE ((struct exe_seal) { .fd = -1 })
#define auto_exe_seal __attribute__((cleanup(exe_seal_release))) struct exe_seal

/* Runs on the host, as the first thing of a command that makes a process in a container: it may
 * execute the program anew, with the same arguments and environment, and then does not return.
 * A caller who could not write to the file himself has nothing to protect. */
int exe_seal_open(struct exe_seal *ret, struct error *err);

/* Inside, with one thread, before the process changes its user, gives up CAP_SYS_ADMIN, or runs
 * anything of the container's. */
int exe_seal_apply(const struct exe_seal *seal, struct error *err);

void exe_seal_release(struct exe_seal *seal);

#endif
