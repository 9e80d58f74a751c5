/* signals.h - signals by name or number, as `kill` and stopSignal spell them */
#ifndef LINUX_SIGNALS_H
#define LINUX_SIGNALS_H

/* "TERM", "SIGTERM", "sigterm", "15", "RTMIN+3", "SIGRTMAX-1"; "0" asks only whether the process
 * is there.  Returns 0, or -EINVAL when it is no signal. */
int signal_parse(const char *s, int *ret);

/* Gives every signal its default action and blocks none, as a program expects to begin. */
void signals_reset(void);

#endif
