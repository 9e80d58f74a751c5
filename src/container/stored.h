/* stored.h - what later commands take from the copy of config.json in the state directory */
#ifndef CONTAINER_STORED_H
#define CONTAINER_STORED_H

#include "container/bundle.h"
#include "container/record.h"
#include "container/state_dir.h"

/* As config_read() and bundle_read(), of that copy, whose process and linux are there.  Errors name the
 * container: it is its state that is to blame, not what the caller gave. */
int stored_config_read(const struct state_dir *dir, char **ret_json, size_t *ret_len,
		       struct oci_config *ret, struct error *err);
int stored_bundle_read(const struct state_dir *dir, struct bundle *bundle,
		       struct seccomp_program *ret_filter, struct error *err);

enum stored_hooks {
	STORED_POSTSTART,
	STORED_POSTSTOP,
};

/* Runs the hooks that follow a start or a stop, if record.has_hooks says that there are some.
 * Failures of poststop hooks are warnings; so is it when they cannot be found. */
int stored_hooks_run(const struct state_dir *dir, const struct container_record *record,
		     enum stored_hooks which, struct error *err);

/* Sends the seccomp listener of a container that is being started, as listener_send() does. */
int stored_listener_send(const struct state_dir *dir, const struct container_record *record,
			 int listener, struct error *err);

#endif
