/* hooks.h - the programs that config.json wants called along a container's life */
#ifndef CONTAINER_HOOKS_H
#define CONTAINER_HOOKS_H

#include <stdbool.h>

#include "base/error.h"
#include "libocispec/hooks.h"
#include "libocispec/state.h"

/* config.json's rule for hooks: an absolute path. */
int hooks_check(const struct oci_hooks *hooks, struct error *err);

/* What the hooks of a list are given. */
struct hook_context {
	const struct oci_state *state; /* on their standard input */
	const char *cwd;	       /* their directory; NULL: the caller's */
	int out, err;		       /* their output; -1: the caller's */
	char *const *env;	       /* of a hook that has none of its own; NULL: the caller's */
};

/* Opens the files that the annotations run.oci.hooks.stdout and run.oci.hooks.stderr name (crun's:
 * absolute, appended to, made when missing); -1 where there is none.  The caller closes them. */
int hook_output_open(const struct oci_string_map *annotations, int *ret_out, int *ret_err,
		     struct error *err);

/* Runs the hooks of one list in their order, one after another; the first that fails ends it.  A
 * hook that takes longer than its timeout, or without one ten minutes, is killed with all that it
 * started (outside of the pid namespace of /proc, with its process group).  kind ("prestart", ...)
 * names the list in errors; class ERROR_HOOK. */
int hooks_run(const struct oci_hook_list *hooks, const char *kind,
	      const struct hook_context *context, struct error *err);

/* How many seconds the hooks of a list may take together. */
unsigned int hooks_limit(const struct oci_hook_list *hooks);

/* As hooks_run(), but a failure is only a warning and the next hook follows: what the
 * specification asks for poststop. */
void hooks_run_all(const struct oci_hook_list *hooks, const char *kind,
		   const struct hook_context *context);

#endif
