/* criu_container.h - what of a container criu has to be told: what in it is not its own
 *
 * criu saves and makes anew all that a container has.  What came from outside is named in the dump
 * and given again at the restore, by a name that both make from the configuration. */
#ifndef CONTAINER_CRIU_CONTAINER_H
#define CONTAINER_CRIU_CONTAINER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "container/criu_rpc.pb-c.h"
#include "libocispec/runtime.h"

/* Names the mounts of the container pid that lead outside: those that config binds, and those of
 * the host's devices (masks, and devices below a user namespace).  Sources that are relative are so to the bundle. */
int criu_put_mounts(CriuOpts *opts, pid_t pid, const struct oci_config *config, const char *bundle,
		    struct error *err);

/* Gives them: sources as the host has them, relative ones from the bundle. */
void criu_put_mount_sources(CriuOpts *opts, const struct oci_config *config, const char *bundle);

#define CRIU_NETWORK "coracle-network"
#define CRIU_PIDS "coracle-pids"

/* Names the network and pid namespaces that config has joined by path. */
int criu_put_namespaces(CriuOpts *opts, pid_t pid, const struct oci_config *config,
			struct error *err);

/* Names what the standard descriptors of pid are that lead outside (pipes, files of the host), and
 * writes the names to the file CRIU_DESCRIPTORS of the images, a line each. */
#define CRIU_DESCRIPTORS "descriptors"
int criu_put_descriptors(CriuOpts *opts, pid_t pid, int images, struct error *err);

/* The first standard descriptor of pid that is a terminal from outside, which criu saves with --shell-job
 * only; -1: there is none. */
int criu_find_host_terminal(pid_t pid);

/* Gives our own in their place; images without the file get none. */
int criu_put_own_descriptors(CriuOpts *opts, int images, struct error *err);

#endif
