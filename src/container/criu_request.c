/* criu_request.c - see criu_request.h */
#include "container/criu_request.h"

#include <linux/sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cgroup/cgroup.h"
#include "container/criu_library.h"

#define LOG_LEVEL 4 /* what a failure is explained by */

#define SET(opts, member, value_)            \
	do {                                 \
		(opts)->has_##member = true; \
		(opts)->member = value_;     \
	} while (0)

CriuOpts *criu_opts_new(int images_fd, int work_fd, const char *log_file)
{
	CriuOpts *opts = xcalloc(1, sizeof(*opts));

	criu_opts__init(opts);
	opts->images_dir_fd = images_fd;
	SET(opts, work_dir_fd, work_fd);
	SET(opts, log_level, LOG_LEVEL);
	opts->log_file = xstrdup(log_file);
	return opts;
}

void criu_opts_free(CriuOpts *opts)
{
	const struct criu_library *library;
	struct error ignored;

	if (opts && criu_library_open(&library, &ignored) == 0)
		library->free_unpacked(&opts->base, NULL);
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static CriuPageServer *page_server(const char *text)
{
	CriuPageServer *server = xcalloc(1, sizeof(*server));
	unsigned int port = 0;

	criu_page_server__init(server);
	criu_page_server_parse(text, &server->address, &port);
	SET(server, port, (int32_t) port);
	return server;
}

static void set_network_lock(CriuOpts *opts, unsigned int lock)
{
	static const CriuLock numbers[] = {
		[CRIU_NETWORK_LOCK_IPTABLES] = CRIU_LOCK__IPTABLES,
		[CRIU_NETWORK_LOCK_NFTABLES] = CRIU_LOCK__NFTABLES,
		[CRIU_NETWORK_LOCK_SKIP] = CRIU_LOCK__SKIP,
	};

	if (lock != CRIU_NETWORK_LOCK_AUTO)
		SET(opts, network_lock, numbers[lock]);
}

void criu_opts_set(CriuOpts *opts, const struct criu_options *options)
{
	uint64_t fd;

	SET(opts, leave_running, options->leave_running);
	SET(opts, tcp_established, options->tcp_established);
	SET(opts, tcp_close, options->tcp_close);
	SET(opts, tcp_skip_in_flight, options->tcp_skip_in_flight);
	SET(opts, ext_unix_sk, options->ext_unix_sk);
	SET(opts, shell_job, options->shell_job);
	SET(opts, file_locks, options->file_locks);
	SET(opts, lazy_pages, options->lazy_pages);
	SET(opts, auto_dedup, options->auto_dedup);
	SET(opts, link_remap, options->link_remap);
	/* what is dumped now, or was before, is told apart by what has been written since */
	SET(opts, track_mem, options->pre_dump || options->parent_path);
	opts->parent_img = copy(options->parent_path);
	opts->lsm_profile = copy(options->lsm_profile);
	opts->lsm_mount_context = copy(options->lsm_mount_context);
	set_network_lock(opts, options->network_lock);
	if (options->empty_ns)
		SET(opts, empty_ns, CLONE_NEWNET);
	if (options->status_fd && parse_u64(options->status_fd, INT32_MAX, &fd) == 0)
		SET(opts, status_fd, (int32_t) fd);
	if (options->page_server)
		opts->page_server = page_server(options->page_server);
}

static unsigned int cgroups_mode(const struct criu_options *options, const char *cgroup_mount)
{
	if (options->manage_cgroups_mode != CRIU_CGROUPS_AUTO)
		return options->manage_cgroups_mode;
	return str_equal(cgroup_mount, CGROUP_MOUNT) ? CRIU_CGROUPS_SOFT : CRIU_CGROUPS_IGNORE;
}

bool criu_wants_yard(const struct criu_options *options, const char *cgroup_mount)
{
	return str_equal(cgroup_mount, CGROUP_MOUNT) &&
	       cgroups_mode(options, cgroup_mount) != CRIU_CGROUPS_IGNORE;
}

void criu_opts_set_cgroups(CriuOpts *opts, const struct criu_options *options,
			   const char *cgroup_mount, const char *yard)
{
	static const CriuCgroups numbers[] = {
		[CRIU_CGROUPS_SOFT] = CRIU_CGROUPS__SOFT,
		[CRIU_CGROUPS_FULL] = CRIU_CGROUPS__FULL,
		[CRIU_CGROUPS_STRICT] = CRIU_CGROUPS__STRICT,
		[CRIU_CGROUPS_IGNORE] = CRIU_CGROUPS__IGNORE,
		[CRIU_CGROUPS_PROPS] = CRIU_CGROUPS__PROPS,
		[CRIU_CGROUPS_NONE] = CRIU_CGROUPS__NONE,
	};

	SET(opts, manage_cgroups_mode, numbers[cgroups_mode(options, cgroup_mount)]);
	if (criu_wants_yard(options, cgroup_mount))
		opts->cgroup_yard = xstrdup(yard);
}

void criu_opts_set_terminal(CriuOpts *opts, const struct oci_process *process)
{
	SET(opts, orphan_pts_master, process && process->terminal);
}

void criu_opts_set_restore(CriuOpts *opts)
{
	SET(opts, restore_sibling, true);
	SET(opts, notify_scripts, true);
}

static void *grow(void *items, size_t n, size_t size)
{
	void *more = xcalloc(n + 1, size);

	if (n > 0)
		memcpy(more, items, n * size);
	free(items);
	return more;
}

void criu_opts_set_cgroup_root(CriuOpts *opts, const char *path)
{
	CriuCgroupRoot *root = xcalloc(1, sizeof(*root));

	criu_cgroup_root__init(root);
	root->path = xstrdup(path);
	opts->cgroup_root = grow(opts->cgroup_root, opts->n_cgroup_root, sizeof(root));
	opts->cgroup_root[opts->n_cgroup_root++] = root;
}

void criu_opts_add_external(CriuOpts *opts, const char *what)
{
	opts->external = grow(opts->external, opts->n_external, sizeof(*opts->external));
	opts->external[opts->n_external++] = xstrdup(what);
}

void criu_opts_add_inherited(CriuOpts *opts, const char *key, int fd)
{
	CriuInherited *inherited = xcalloc(1, sizeof(*inherited));

	criu_inherited__init(inherited);
	inherited->key = xstrdup(key);
	inherited->fd = fd;
	opts->inherit_fd = grow(opts->inherit_fd, opts->n_inherit_fd, sizeof(inherited));
	opts->inherit_fd[opts->n_inherit_fd++] = inherited;
}
