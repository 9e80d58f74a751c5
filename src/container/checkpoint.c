/* checkpoint.c - dump a running container; see checkpoint.h */
#include "container/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "cgroup/cgroup.h"
#include "container/annotations.h"
#include "container/criu.h"
#include "container/criu_container.h"
#include "container/criu_request.h"
#include "container/notify.h"
#include "container/operations.h"
#include "container/record.h"
#include "container/state_dir.h"
#include "container/stored.h"
#include "libocispec/document.h"

#define THAW_LIMIT_MS 2000

/* What is dumped, and how it was found. */
struct target {
	struct container_record record;
	enum container_status status;
	struct oci_config config;
};

static void target_release(struct target *target)
{
	record_release(&target->record);
	oci_release(&oci_config_desc, &target->config);
}

static int read_target(struct state_dir *dir, struct target *ret, struct error *err)
{
	auto_free char *json = NULL;
	size_t len;
	int r;

	r = record_load(dir, &ret->record, err);
	if (r < 0)
		return r;
	ret->status = record_status(&ret->record, dir);
	if (ret->status != STATUS_RUNNING && ret->status != STATUS_PAUSED)
		return fail_as(err, ERROR_STATE, EINVAL,
			       "cannot checkpoint container '%s': it is %s, not running",
			       ret->record.id, container_status_name(ret->status));
	r = stored_config_read(dir, &json, &len, &ret->config, err);
	if (r == 0 && faccessat(dir->fd, STATE_NOTIFY, F_OK, 0) == 0)
		r = notify_add_mount(&ret->config, dir, err);
	return r;
}

static int fill_opts(const struct target *target, const struct criu_options *options, int images,
		     CriuOpts *opts, struct error *err)
{
	const struct container_record *record = &target->record;
	const char *config_file =
		annotation_get(&target->config.annotations, ANNOTATION_CRIU_CONFIG);
	pid_t pid = (pid_t) record->pid;
	int r;

	criu_opts_set(opts, options);
	criu_opts_set_terminal(opts, target->config.process);
	opts->has_pid = true;
	opts->pid = pid;
	opts->root = xstrdup(record->rootfs);
	if (config_file)
		opts->config_file = xstrdup(config_file);
	if (record->cgroup_path)
		opts->freeze_cgroup = xasprintf("%s%s", record->cgroup_mount, record->cgroup_path);
	r = criu_put_mounts(opts, pid, &target->config, record->bundle, err);
	if (r == 0)
		r = criu_put_namespaces(opts, pid, &target->config, err);
	if (r == 0)
		r = criu_put_descriptors(opts, pid, images, err);
	return r;
}

/* criu's own words for a terminal that it cannot save do not say what to do. */
static int explain(const struct target *target, const struct criu_options *options,
		   struct error *err)
{
	int terminal =
		options->shell_job ? -1 : criu_find_host_terminal((pid_t) target->record.pid);

	if (terminal < 0 || annotation_get(&target->config.annotations, ANNOTATION_CRIU_CONFIG))
		return -err->code;
	return fail_in(err,
		       "its descriptor %d is a terminal of the host's (see option '--shell-job')",
		       terminal);
}

static int ask(const struct target *target, const struct criu_options *options,
	       const struct state_dir *dir, struct error *err)
{
	const char *cgroup_mount = target->record.cgroup_mount;
	auto_free char *yard = state_dir_path(dir, STATE_CRIU);
	const struct criu_place place = {
		.cgroup = -1,
		.cgroup_mount = criu_wants_yard(options, cgroup_mount) ? cgroup_mount : NULL,
		.yard = yard,
	};
	auto_criu_directories directories = { .images = -1, .work = -1 };
	auto_criu_opts *opts = NULL;
	auto_criu criu = CRIU_NONE;
	int r;

	r = criu_spawn(&place, &criu, err);
	if (r == 0)
		r = criu_directories_open(&criu, options->image_path, options->work_path,
					  "dump.log", true, &directories, err);
	if (r == 0)
		r = criu_execute(&criu, err);
	if (r < 0)
		return r;
	opts = criu_opts_new(directories.images, directories.work, directories.log);
	criu_opts_set_cgroups(opts, options, cgroup_mount, yard);
	r = fill_opts(target, options, directories.images, opts, err);
	if (r < 0)
		return r;
	r = criu_ask(&criu, options->pre_dump ? CRIU_KIND__PRE_DUMP : CRIU_KIND__DUMP, opts,
		     &directories, NULL, NULL, NULL, err);
	return r < 0 ? explain(target, options, err) : 0;
}

/* criu thaws what it has frozen, unless it dies first. */
static void thaw(const struct target *target)
{
	const struct container_record *record = &target->record;
	struct cgroup cgroup = CGROUP_NONE;
	struct error err;

	if (!record->cgroup_path || target->status == STATUS_PAUSED)
		return;
	if (cgroup_open(record->cgroup_mount, record->cgroup_path, &cgroup, &err) == 0 &&
	    cgroup_is_frozen(&cgroup) && cgroup_freeze(&cgroup, false, THAW_LIMIT_MS, &err) < 0)
		log_error(&err);
	cgroup_release(&cgroup);
}

static int dump(const char *root, const char *id, const struct criu_options *options,
		struct error *err)
{
	__attribute__((cleanup(target_release))) struct target target = { 0 };
	auto_state_dir dir = STATE_DIR_NONE;
	int r;

	r = state_dir_open(root, id, &dir, err);
	if (r == 0)
		r = state_dir_lock(&dir, err);
	if (r == 0)
		r = read_target(&dir, &target, err);
	if (r < 0)
		return r;
	r = ask(&target, options, &dir, err);
	if (r < 0) {
		thaw(&target);
		return fail_in(err, "checkpoint container '%s'", id);
	}
	return 0;
}

int container_checkpoint(const char *root, const char *id, const struct criu_options *options,
			 struct error *err)
{
	int r = criu_options_check(options, err);

	if (r == 0)
		r = dump(root, id, options, err);
	if (r < 0 || options->leave_running || options->pre_dump)
		return r;
	/* its processes are in the images now; criu has ended them */
	return container_delete(root, id, true, err);
}
