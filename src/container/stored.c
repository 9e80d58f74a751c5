/* stored.c - see stored.h */
#include "container/stored.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "container/bundle.h"
#include "container/hooks.h"
#include "libocispec/document.h"
#include "libocispec/state.h"

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
