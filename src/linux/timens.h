/* timens.h - the clock offsets of a new time namespace (linux.timeOffsets) */
#ifndef LINUX_TIMENS_H
#define LINUX_TIMENS_H

#include <sys/types.h>

#include "base/error.h"
#include "libocispec/linux.h"

/* The clocks that the kernel has offsets of; nanoseconds below a second. */
int timens_check(const struct oci_time_offsets *offsets, struct error *err);

/* Runs on the host, while process pid has unshared CLONE_NEWTIME and has not forked yet: its
 * children will live in the namespace.  The kernel refuses offsets once a
 * process is inside, and those that would set a clock below zero or beyond 146 years. */
int timens_write(pid_t pid, const struct oci_time_offsets *offsets, struct error *err);

#endif
