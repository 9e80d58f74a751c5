/* stored.h - what later commands take from the copy of config.json in the state directory */
#ifndef CONTAINER_STORED_H
#define CONTAINER_STORED_H

#include "container/record.h"
#include "container/state_dir.h"

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
