/* exe_seal.h - no container ever writes to the runtime's own executable (CVE-2019-5736)
 *
 * Init runs coracle's program until it executes the container's.  A container that makes it
 * execute /proc/self/exe (as its args[0], a #! line, an ELF interpreter) would get the host's
 * file, and as the host's root could open it for writing.  So before there is such a process the
 * runtime's executable becomes the same file on a mount that is read-only, belongs to no mount
 * namespace, and so can be changed by nobody:
 *
 * open_tree(2) clones the mount of the file alone, mount_setattr(2) makes it read-only, the file is
 * opened through it, and the mount is let go: only the open file still holds it.  Then the
 * program's segments are mapped over themselves from that file, and prctl(PR_SET_MM_MAP) makes it
 * what /proc/self/exe refers to.
 *
 * Nothing is copied but the program's few writable pages, nothing is mounted on the host, and
 * nothing is executed a second time.  Where that cannot be done, the program is executed once
 * more, from the read-only mount, or last from a sealed copy in memory. */
#ifndef LINUX_EXE_SEAL_H
#define LINUX_EXE_SEAL_H

#include "base/error.h"

/* Runs on the host, with one thread, as the first thing of a command that makes a process in a
 * container, which inherits what it does: it may execute the program anew, with the same arguments
 * and environment, and then does not return.  A caller who could not write to the file himself has
 * nothing to protect. */
int exe_seal(struct error *err);

#endif
