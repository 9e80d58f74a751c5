/* stored.c - see stored.h */
#include "container/stored.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "container/hooks.h"
#include "container/listener.h"
#include "libocispec/document.h"
#include "libocispec/state.h"

static int blame_state(const struct state_dir *dir, struct error *err)
{
	fail_in(err, "container '%s'", dir->id);
	return fail_class(err, ERROR_STATE, STATE_CONFIG);
}

/* Nothing is created without these, so they are used without a look; but a file may be damaged. */
static int require(const struct oci_config *config, struct error *err)
{
	const char *missing = !config->process ? "process" : !config->linux ? "linux" : NULL;

	return missing ? fail(err, EINVAL, "%s: %s: is missing", STATE_CONFIG, missing) : 0;
}

int stored_config_read(const struct state_dir *dir, char **ret_json, size_t *ret_len,
		       struct oci_config *ret, struct error *err)
{
	int r = config_read(dir->fd, STATE_CONFIG, ret_json, ret_len, ret, err);

	if (r == 0 && require(ret, err) < 0) {
		oci_release(&oci_config_desc, ret);
		r = -err->code;
	}
	return r < 0 ? blame_state(dir, err) : 0;
}

int stored_bundle_read(const struct state_dir *dir, struct bundle *bundle,
		       struct seccomp_program *ret_filter, struct error *err)
{
	int r = bundle_read(dir->fd, STATE_CONFIG, dir->root, bundle, ret_filter, err);

	if (r == 0)
		r = require(&bundle->config, err);
	return r < 0 ? blame_state(dir, err) : 0;
}

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

	r = stored_config_read(dir, &json, &len, &config, err);
	if (r < 0)
		return r;
	if (config.linux->seccomp && config.linux->seccomp->listener_path)
		r = listener_send(config.linux->seccomp, &state, (pid_t) record->pid, listener,
				  err);
	else
		r = fail(err, EPROTO, "init has a seccomp listener, but nobody is to listen");
	oci_release(&oci_config_desc, &config);
	return r;
}

static int run(const struct oci_hooks *hooks, const struct oci_state *state, bool is_start,
	       struct error *err)
{
	auto_fd out = -1;
	auto_fd errors = -1;
	int r;

	r = hook_output_open(&state->annotations, &out, &errors, err);
	if (r < 0 && is_start)
		return r;
	if (r < 0)
		log_warning("%s", err->text);

	const struct hook_context context = { state, state->bundle, out, errors, NULL };

	if (is_start)
		return hooks_run(&hooks->poststart, "poststart", &context, err);
	hooks_run_all(&hooks->poststop, "poststop", &context);
	return 0;
}

int stored_hooks_run(const struct state_dir *dir, const struct container_record *record,
		     enum stored_hooks which, struct error *err)
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
	size_t len;
	int r = 0;

	if (!record->has_hooks)
		return 0;
	if (stored_config_read(dir, &json, &len, &config, err) < 0) {
		log_warning("hooks are not run: %s", err->text);
		return 0;
	}
	if (config.hooks)
		r = run(config.hooks, &state, is_start, err);
	oci_release(&oci_config_desc, &config);
	return r;
}
