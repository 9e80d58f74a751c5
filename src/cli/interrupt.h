/* interrupt.h - signals that ask a long command to end, and to leave things in order */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <signal.h>

/* The signal that came (SIGHUP, SIGINT, SIGTERM), or 0. */
extern volatile sig_atomic_t interrupt_signal;

/* From now on they only set interrupt_signal; those that are ignored stay so. */
void interrupt_catch(void);

#endif
