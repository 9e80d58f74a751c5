/* criu_request.h - what criu is asked for: options of the command line as a message of its RPC
 *
 * A message owns what it points to; criu_opts_free() frees it, and the texts given here are
 * copied. */
#ifndef CONTAINER_CRIU_REQUEST_H
#define CONTAINER_CRIU_REQUEST_H

#include "container/criu_options.h"
#include "container/criu_rpc.pb-c.h"
#include "libocispec/runtime.h"

CriuOpts *criu_opts_new(int images_fd, int work_fd, const char *log_file);
void criu_opts_free(CriuOpts *opts);

static inline void cleanup_criu_opts(CriuOpts **opts)
{
	criu_opts_free(*opts);
}

#define auto_criu_opts __attribute__((cleanup(cleanup_criu_opts))) CriuOpts

/* The options, which have been checked. */
void criu_opts_set(CriuOpts *opts, const struct criu_options *options);

/* Whether a yard of cgroups has to be made for criu (criu.h): when it does something about cgroups, and
 * there are no others than those of the hierarchy at cgroup_mount (may be NULL). */
bool criu_wants_yard(const struct criu_options *options, const char *cgroup_mount);

/* How cgroups are treated; cgroup_mount is where the container's is mounted, or NULL.  yard: where it
 * is made if it is wanted. */
void criu_opts_set_cgroups(CriuOpts *opts, const struct criu_options *options,
			   const char *cgroup_mount, const char *yard);

/* The master of a container's terminal is outside: on restore criu makes another, and hands it to us.
 * One of the host's is what criu itself has (--shell-job).  process may be NULL. */
void criu_opts_set_terminal(CriuOpts *opts, const struct oci_process *process);

/* What a restore does in any case: init becomes our child, and we are told of its steps. */
void criu_opts_set_restore(CriuOpts *opts);

/* All that is restored is below this cgroup. */
void criu_opts_set_cgroup_root(CriuOpts *opts, const char *path);

/* Texts and descriptors that there may be many of. */
void criu_opts_add_external(CriuOpts *opts, const char *what);
void criu_opts_add_inherited(CriuOpts *opts, const char *key, int fd);

#endif
