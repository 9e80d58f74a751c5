/* loopback.h - the loopback device of a new network namespace */
#ifndef LINUX_LOOPBACK_H
#define LINUX_LOOPBACK_H

#include "base/error.h"

/* Brings "lo" up in the calling process's network namespace, where a new one has it down; the
 * kernel then gives it 127.0.0.1 and ::1.  Other runtimes do, so programs rely on it. */
int loopback_apply(struct error *err);

/* The same in two, by system calls alone: a socket of the namespace, close-on-exec, the caller's, and "lo" up where
 * that is.  Negative errno on failure. */
int loopback_socket(void);
int loopback_raise(int sock);

#endif
