/* supervise.h - a foreground run: the user's signals and terminal go to the container */
#ifndef CONTAINER_SUPERVISE_H
#define CONTAINER_SUPERVISE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/process.h"

/* Before the clone: blocks signals so that none is lost, and with subreaper becomes the parent of
 * processes that the container leaves behind. */
void supervise_prepare(bool subreaper);

/* Stays with init until it ends: forwards signals; with console (the pty's master, -1: none)
 * relays bytes both ways and the window's size, and closes it.  *ret_status is exit_code() of init, which is
 * reaped. */
int supervise(struct child *init, int console, int *ret_status, struct error *err);

#endif
