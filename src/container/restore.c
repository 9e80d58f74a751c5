/* restore.c - a container out of a dump; see checkpoint.h */
#include <errno.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "container/annotations.h"
#include "container/checkpoint.h"
#include "container/container.h"
#include "container/create_steps.h"
#include "container/criu.h"
#include "container/criu_container.h"
#include "container/criu_request.h"
#include "container/delegation.h"
#include "container/host.h"
#include "container/notify.h"
#include "container/supervise.h"

static int serve_step(const char *step, pid_t pid, int *fd, void *arg, struct error *err)
{
	struct container *container = arg;

	if (strcmp(step, "orphan-pts-master") == 0)
		return host_take_console(container, fd, err);
	if (strcmp(step, "setup-namespaces") == 0)
		return host_run_hooks(container, pid, err);
	return 0;
}

/* The namespaces that the configuration joins, opened by the plan, which criu gets. */
struct joined {
	size_t n;
	const char *keys[NAMESPACES_MAX];
	int fds[NAMESPACES_MAX];
};

static void find_joined(const struct container *container, struct joined *ret)
{
	static const struct {
		uint64_t flag;
		const char *key;
	} kinds[] = {
		{ CLONE_NEWNET, CRIU_NETWORK },
		{ CLONE_NEWPID, CRIU_PIDS },
	};

	for (size_t i = 0; i < NAMESPACES_MAX; i++)
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
			const struct namespace_request *request = &container->requests[i];

			if (request->flag != kinds[k].flag || request->fd < 0)
				continue;
			ret->keys[ret->n] = kinds[k].key;
			ret->fds[ret->n++] = request->fd;
		}
}

static int fill_opts(const struct container *container, const struct criu_options *options,
		     int images, CriuOpts *opts, struct error *err)
{
	const struct oci_config *config = &container->bundle.config;
	const char *config_file = annotation_get(&config->annotations, ANNOTATION_CRIU_CONFIG);

	criu_opts_set(opts, options);
	criu_opts_set_restore(opts);
	criu_opts_set_terminal(opts, config->process);
	if (container->cgroup.path)
		criu_opts_set_cgroup_root(opts, container->cgroup.path);
	opts->root = xstrdup(container->rootfs);
	if (config_file)
		opts->config_file = xstrdup(config_file);
	criu_put_mount_sources(opts, config, container->bundle.path);
	return criu_put_own_descriptors(opts, images, err);
}

/* There is no init of ours that it could be loaded beside. */
static int load_device_filter(const struct container *container, struct error *err)
{
	const struct device_filter *filter = &container->device_filter;
	int r = device_filter_load(filter, container->cgroup.fd);

	return r < 0 ? device_filter_failed(filter, r, err) : 0;
}

/* criu's process gets the container's cgroup and limits, and what it makes is born there. */
static int place(struct container *container, struct criu *criu, struct error *err)
{
	const struct oci_linux *section = container_linux(container);
	int r = load_device_filter(container, err);

	if (r == 0 && container->cgroup.scope)
		r = cgroup_place(&container->cgroup, criu->child.pid, section->resources, err);
	if (r == 0 && container->cgroup.scope)
		r = cgroup_apply(&container->cgroup, section->resources, err);
	if (r == 0)
		r = intel_rdt_write(criu->child.pid, section->intel_rdt, &container->rdt, err);
	return r < 0 ? r : criu_execute(criu, err);
}

static int adopt(struct container *container, pid_t pid, struct error *err)
{
	int pidfd;

	if (pid <= 0)
		return fail(err, EPROTO, "criu does not say which process it has made");
	container->init.pid = pid;
	pidfd = (int) syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		return fail_errno(err, "open a pidfd of init");
	container->init.pidfd = pidfd;
	return 0;
}

static int ask(struct container *container, const struct criu_options *options, struct criu *criu,
	       CriuOpts *opts, const struct criu_directories *directories, struct error *err)
{
	pid_t pid = 0;
	int r;

	r = place(container, criu, err);
	if (r == 0)
		r = fill_opts(container, options, directories->images, opts, err);
	if (r == 0)
		r = criu_ask(criu, CRIU_KIND__RESTORE, opts, directories, serve_step, container,
			     &pid, err);
	if (r == 0)
		r = adopt(container, pid, err);
	return r < 0 ? r : delegation_hand_over(container, err);
}

/* For notify.h: if a service manager started the container, its mount is among those of the images. */
static int make_notify_place(struct container *container, struct error *err)
{
	const struct state_dir *dir = &container->dir;

	if (mkdirat(dir->fd, STATE_NOTIFY, 0755) == 0)
		return notify_add_mount(&container->bundle.config, dir, err);
	return errno == EEXIST
		       ? 0
		       : fail_errno(err, "make '%s/%s/%s'", dir->root, dir->id, STATE_NOTIFY);
}

/* The host's id of the container's group 0, where it is mapped. */
static int share_images(const struct container *container,
			const struct criu_directories *directories, struct error *err)
{
	const struct oci_linux *section = container_linux(container);

	if (!container->plan.has_new_user)
		return 0;
	for (size_t i = 0; i < section->gid_mappings.n; i++)
		if (section->gid_mappings.items[i].container_id == 0)
			return criu_directories_share(directories,
						      section->gid_mappings.items[i].host_id, err);
	return 0;
}

static int bring_up(struct container *container, const struct criu_options *options,
		    struct error *err)
{
	auto_criu_directories directories = { .images = -1, .work = -1 };
	struct joined joined = { 0 };
	const char *cgroup_mount = container->cgroup.mount;
	auto_free char *yard = state_dir_path(&container->dir, STATE_CRIU);
	struct criu_place where = {
		.cgroup = container->sub_cgroup >= 0 ? container->sub_cgroup : container->cgroup.fd,
		.rootfs = container->rootfs,
		.cgroup_mount = criu_wants_yard(options, cgroup_mount) ? cgroup_mount : NULL,
		.yard = yard,
	};
	auto_criu_opts *opts = NULL;
	auto_criu criu = CRIU_NONE;
	int r;

	find_joined(container, &joined);
	where.fds = joined.fds;
	where.n_fds = joined.n;
	r = criu_spawn(&where, &criu, err);
	if (r == 0)
		r = criu_directories_open(&criu, options->image_path, options->work_path,
					  "restore.log", false, &directories, err);
	if (r == 0)
		r = share_images(container, &directories, err);
	if (r < 0)
		return r;
	opts = criu_opts_new(directories.images, directories.work, directories.log);
	criu_opts_set_cgroups(opts, options, cgroup_mount, yard);
	for (size_t i = 0; i < joined.n; i++)
		criu_opts_add_inherited(opts, joined.keys[i], joined.fds[i]);
	return ask(container, options, &criu, opts, &directories, err);
}

static int restore(struct container *container, const struct criu_options *options,
		   struct error *err)
{
	int r = criu_options_check(options, err);

	if (r == 0)
		r = create_plan(container, !container->options->detach, err);
	if (r == 0)
		r = create_prepare(container, err);
	if (r == 0)
		r = create_keep_config(container, err);
	if (r == 0)
		r = make_notify_place(container, err);
	if (r < 0)
		return r;
	r = bring_up(container, options, err);
	if (r < 0)
		return fail_in(err, "restore container '%s'", container->options->id);
	cgroup_warn_of_none(&container->cgroup);
	return 0;
}

int container_restore(const struct create_options *options, const struct criu_options *criu,
		      int *ret_status, struct error *err)
{
	auto_container container;
	int r;

	container_init(&container, options);
	if (!options->detach)
		supervise_prepare(!options->no_subreaper);
	r = restore(&container, criu, err);
	if (r == 0)
		r = create_record(&container, "running", err);
	if (r == 0)
		r = host_announce(&container, err);
	if (r == 0)
		r = create_poststart(&container, err);
	if (r < 0)
		return create_end_by_hook(&container, err);
	*ret_status = 0;
	if (!options->detach)
		return create_stay_with(&container, ret_status, err);
	create_let_go(&container);
	return 0;
}
