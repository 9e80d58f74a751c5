/* hooks.h - the programs that config.json wants called along a container's life */
#ifndef CONTAINER_HOOKS_H
#define CONTAINER_HOOKS_H

#include <stdbool.h>

#include "base/error.h"
#include "libocispec/hooks.h"
#include "libocispec/state.h"

/* config.json's rule for hooks: an absolute path. */
int hooks_check(const struct oci_hooks *hooks, struct error *err);

/* Runs the hooks of one list in their order, one after another, each with the state on its
 * stdin and `cwd` (NULL: the caller's) as its directory; the first that fails ends it.  A hook is
 * killed, with all that it started in its process group, when its timeout is over.  kind
 * ("prestart", ...) names the list in errors; class ERROR_HOOK. */
int hooks_run(const struct oci_hook_list *hooks, const char *kind, const struct oci_state *state,
	      const char *cwd, struct error *err);

/* As hooks_run(), but a failure is only a warning and the next hook follows: what the
 * specification asks for poststart and poststop. */
void hooks_run_all(const struct oci_hook_list *hooks, const char *kind,
		   const struct oci_state *state, const char *cwd);

#endif
