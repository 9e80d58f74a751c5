/* signals.h - signals by name or number, as `kill` and stopSignal spell them */
#ifndef LINUX_SIGNALS_H
#define LINUX_SIGNALS_H

#include <signal.h>
#include <stdint.h>

/* "TERM", "SIGTERM", "sigterm", "15", "RTMIN+3", "SIGRTMAX-1"; "0" asks only whether the process
 * is there.  Returns 0, or -EINVAL when it is no signal. */
int signal_parse(const char *s, int *ret);

/* All signals, those too that the C library keeps for itself and leaves out of sigfillset(3). */
void signals_fill(sigset_t *ret);

/* Bit N - 1: this process ignores signal N.  All of them where the kernel does not say.  By system calls
 * alone. */
uint64_t signals_ignored(void);

/* Ignores none of these (bit N - 1: signal N) any more; by system calls alone, too. */
void signals_default(uint64_t which);

/* Blocks none. */
void signals_unblock(void);

/* Ignores no signal and blocks none, as a program expects to begin: those with handlers its exec resets. */
void signals_reset(void);

/* From now on, and until an exec, a write(2) that the kernel ends a process for is only an error: into a pipe that
 * nobody reads, which may be the log, or beyond the size that a file may have (ulimit -f). */
void signals_take_failed_writes(void);

#endif
