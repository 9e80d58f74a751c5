/* capture.h - run a program of the host, and keep what it prints */
#ifndef BASE_CAPTURE_H
#define BASE_CAPTURE_H

#include "base/error.h"
#include "base/text.h"

/* Runs argv[0], found in PATH, with our environment and standard error, and an empty standard
 * input; appends its standard output to *ret.  An error when it cannot be run, does not exit with
 * 0, or has not ended after timeout_ms; it is killed then. */
int capture(char *const *argv, int timeout_ms, struct str *ret, struct error *err);

#endif
