/* exe_remap.h - the running program goes on, from another file with the same content
 *
 * The second half of exe_seal.h.  The kernel lets a process change what its /proc/PID/exe refers
 * to (that is how CRIU restores it) when nothing of the old file is mapped any more. */
#ifndef LINUX_EXE_REMAP_H
#define LINUX_EXE_REMAP_H

#include <stdbool.h>
#include <sys/prctl.h>

#include "base/error.h"

/* Whether this process can: the kernel has PR_SET_MM_MAP, and the program that the kernel runs is
 * the one we know the segments of (under valgrind, or started by naming the dynamic linker, it
 * is not).  Fills in *ret, all but brk and exe_fd.  Sets no error. */
bool exe_remap_plan(struct prctl_mm_map *ret);

/* Maps the main program's segments over themselves, from fd: another open file of the very inode
 * that runs.  Then makes fd's file the process's executable; needs CAP_SYS_ADMIN or
 * CAP_CHECKPOINT_RESTORE in the process's user namespace, and one thread. */
int exe_remap_apply(int fd, const struct prctl_mm_map *plan, struct error *err);

#endif
