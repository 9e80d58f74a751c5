/* stored.c - see stored.h */
#include "container/stored.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "container/bundle.h"
#include "container/hooks.h"
#include "container/listener.h"
#include "libocispec/document.h"
#include "libocispec/state.h"

int stored_listener_send(const struct state_dir *dir, const struct container_record *record,
			 int listener, struct error *err)
{
	struct oci_state state = {
		.oci_version = record->oci_version,
		.id = record->id,
		.status = "created",
		.pid = { .is_set = true, .value = record->pid },
		.bundle = record->bundle,
		.annotations = record->annotations,
	};
	struct oci_config config = { 0 };
	auto_free char *json = NULL;
	size_t len;
	int r;

	r = config_read(dir->fd, STATE_CONFIG, &json, &len, &config, err);
	if (r < 0)
		return r;
	if (config.linux && config.linux->seccomp && config.linux->seccomp->listener_path)
		r = listener_send(config.linux->seccomp, &state, (pid_t) record->pid, listener, err);
	else
		r = fail(err, EPROTO, "init has a seccomp listener, but nobody is to listen");
	oci_release(&oci_config_desc, &config);
	return r;
}

void stored_hooks_run(const struct state_dir *dir, const struct container_record *record,
		      enum stored_hooks which)
{
	bool is_start = which == STORED_POSTSTART;
	struct oci_config config = { 0 };
	struct oci_state state = {
		.oci_version = record->oci_version,
		.id = record->id,
		.status = is_start ? "running" : "stopped",
		.pid = { .is_set = is_start, .value = record->pid },
		.bundle = record->bundle,
		.annotations = record->annotations,
	};
	auto_free char *json = NULL;
	struct error err;
	size_t len;

	if (!record->has_hooks)
		return;
	if (config_read(dir->fd, STATE_CONFIG, &json, &len, &config, &err) < 0) {
		log_warning("hooks are not run: %s", err.text);
		return;
	}
	if (config.hooks && is_start)
		hooks_run_all(&config.hooks->poststart, "poststart", &state, record->bundle);
	else if (config.hooks)
		hooks_run_all(&config.hooks->poststop, "poststop", &state, record->bundle);
	oci_release(&oci_config_desc, &config);
}
