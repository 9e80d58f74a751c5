/* unpack_options.h - the options that unpack and run share: which image, what becomes of it */
#ifndef CLI_UNPACK_OPTIONS_H
#define CLI_UNPACK_OPTIONS_H

#include <stdbool.h>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/registry_options.h"
#include "image/unpack.h"

struct unpack_options {
	const char *platform;
	unsigned int driver; /* 0: the command's default, else enum driver + 1 */
	struct option_list env;
	struct option_list mounts;
	const char *user;
	const char *workdir;
	const char *entrypoint;
	const char *hostname;
	const char *memory;
	const char *cpus;
	unsigned int pids;
	unsigned int network;
	unsigned int seccomp;
	bool read_only;
	bool tty;
	bool rootless;
	bool reflink;
	bool per_layer;
	bool verity;
	const char *max_bytes;
	const char *max_file_bytes;
	unsigned int max_entries;
	unsigned int max_ratio;
	unsigned int max_depth;
	const char *max_xattr_bytes;
	struct registry_flags registry;
};

extern const char *const driver_names[];
extern const char *const network_names[];
extern const char *const seccomp_names[];

/* clang-format off */
#define UNPACK_OPTION_ROWS(default_driver) \
	OPTION(unpack_options, platform, "platform", 0, "OS/ARCH[/VARIANT]", \
	       "unpack the image for this platform (default: this host's)"), \
	OPTION(unpack_options, driver, "driver", 0, "NAME", \
	       "what the root is: dir, a directory; overlay, a mount of layers that bundles share; " \
	       "erofs, of a block image (default: " default_driver ")", .choices = driver_names), \
	OPTION(unpack_options, reflink, "reflink", 0, NULL, \
	       "with the driver dir: keep the root in the store, and share its files' blocks"), \
	OPTION(unpack_options, per_layer, "per-layer", 0, NULL, \
	       "with the driver erofs: a block image of each layer, which other images share"), \
	OPTION(unpack_options, verity, "verity", 0, NULL, \
	       "with the driver erofs: have the kernel verify what it reads of block images"), \
	OPTION(unpack_options, env, "env", 'e', "NAME[=VALUE]", \
	       "set a variable; without VALUE as it is here"), \
	OPTION(unpack_options, user, "user", 'u', "USER[:GROUP]", \
	       "run as this user instead of the image's"), \
	OPTION(unpack_options, workdir, "workdir", 'w', "DIR", \
	       "begin in this directory instead of the image's"), \
	OPTION(unpack_options, entrypoint, "entrypoint", 0, "PROGRAM", \
	       "run this, or a JSON array of strings, instead of the image's Entrypoint and Cmd", \
	       .may_be_empty = true), \
	OPTION(unpack_options, hostname, "hostname", 0, "NAME", \
	       "the host name in the container"), \
	OPTION(unpack_options, mounts, "mount", 0, "SPEC", \
	       "type=bind|tmpfs,source=PATH,target=DIR[,ro]: mount that in the container"), \
	OPTION(unpack_options, memory, "memory", 'm', "SIZE", \
	       "limit memory: 512M, 2G"), \
	OPTION(unpack_options, cpus, "cpus", 0, "NUMBER", \
	       "limit processor time: 1.5"), \
	OPTION(unpack_options, pids, "pids", 0, "NUMBER", \
	       "limit processes and threads"), \
	OPTION(unpack_options, network, "network", 0, "NAME", \
	       "none, a loopback device only (the default), or host", .choices = network_names), \
	OPTION(unpack_options, seccomp, "seccomp", 0, "NAME", \
	       "which system calls are allowed: default, or none for no filter", \
	       .choices = seccomp_names), \
	OPTION(unpack_options, read_only, "read-only", 0, NULL, \
	       "make the root read-only in the container"), \
	OPTION(unpack_options, tty, "tty", 't', NULL, "give the program a terminal"), \
	OPTION(unpack_options, rootless, "rootless", 0, NULL, \
	       "run in a user namespace as the user who unpacks (always so without root)"), \
	OPTION(unpack_options, max_bytes, "max-bytes", 0, "SIZE", \
	       "refuse an image with more uncompressed bytes (default: 128G)"), \
	OPTION(unpack_options, max_file_bytes, "max-file-bytes", 0, "SIZE", \
	       "refuse a larger file, holes counted (default: 1T)"), \
	OPTION(unpack_options, max_entries, "max-entries", 0, "N", \
	       "refuse an image with more entries (default: 4194304)"), \
	OPTION(unpack_options, max_ratio, "max-ratio", 0, "N", \
	       "refuse a layer over 256M that grows N-fold or more (default: 200)"), \
	OPTION(unpack_options, max_depth, "max-depth", 0, "N", \
	       "refuse deeper directories (default: 256)", .max = DEPTH_MAX), \
	OPTION(unpack_options, max_xattr_bytes, "max-xattr-bytes", 0, "SIZE", \
	       "refuse more bytes of extended attributes on a file (default: 128K)"), \
	REGISTRY_OPTION_ROWS(unpack_options)
/* clang-format on */

/* Makes request->bundle of the image, which is fetched if need be. */
int unpack_options_make(const struct invocation *invocation, struct unpack_request *request,
			struct progress *ret, struct error *err);

#endif
