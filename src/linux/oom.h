/* oom.h - process.oomScoreAdj */
#ifndef LINUX_OOM_H
#define LINUX_OOM_H

#include <sys/types.h>

#include "base/error.h"

/* Between -1000 and 1000. */
int oom_score_adj_check(int value, struct error *err);

/* Runs on the host.  Nothing is written when process pid has that value already: lowering it
 * needs CAP_SYS_RESOURCE, keeping it nothing. */
int oom_score_adj_write(pid_t pid, int value, struct error *err);

#endif
